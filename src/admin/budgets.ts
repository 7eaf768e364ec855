/** Budgets, for callers (their own) in Claude Code's words. */
import type { Caller } from "../core/caller.ts";
import type { BucketState } from "../costs/budgets/budget-store.ts";
import { oauthUsageBody } from "../costs/budgets/spend-headers.ts";
import type { AdminRoute } from "./admin-route.ts";

export interface BudgetSource {
  /** A caller's caps, and how far they are used. */
  statusOf(caller: Caller): Promise<readonly BucketState[]>;
}

export function budgetRoutes(source: BudgetSource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/oauth/usage",
      access: "caller",
      handle: async ({ caller }) => ({
        status: 200,
        headers: { "cache-control": "no-store" },
        body: oauthUsageBody(await source.statusOf(caller!)),
      }),
    },
  ];
}
