/** The operators' API to money, over the running parts. */
import type { AdminRoute } from "../../admin/admin-route.ts";
import { withStorePatience } from "../../admin/store-patience.ts";
import { budgetRoutes } from "../../admin/money/budgets.ts";
import { callRoutes } from "../../admin/calls.ts";
import { costReportRoutes } from "../../admin/money/cost-report.ts";
import { costSummaryRoutes } from "../../admin/money/cost-summary.ts";
import { priceRoutes } from "../../admin/money/prices.ts";
import { sessionRoutes } from "../../admin/money/session-line.ts";
import { spendLimitRoutes } from "../../admin/money/spend-limits.ts";
import { subjectOf } from "../../gateway/limits/hold-budget.ts";
import { knownNames } from "./known-names.ts";
import type { Runtime } from "../runtime/create-runtime.ts";
import type { ProcessState } from "../process/process-state.ts";

export function moneyRoutes(state: ProcessState, runtime: () => Runtime): readonly AdminRoute[] {
  const { ledger, budgets, spendLimits: limits } = state;
  const nowMs = (): number => state.clock.nowMs();
  const statusOf: Parameters<typeof budgetRoutes>[0]["statusOf"] = (caller) => budgets.statusOf(subjectOf(caller, ""));
  const routes = [
    ...callRoutes(ledger, nowMs),
    ...costSummaryRoutes({ ledger, nowMs }),
    ...costReportRoutes({
      ledger,
      nowMs,
      recommend: (fromMs, toMs, user) =>
        runtime().optimizer.generateRecommendations(new Date(fromMs), new Date(toMs), user),
    }),
    ...priceRoutes({
      ledger,
      nowMs,
      priceBook: () => runtime().gateway.priceBook,
      knownNames: () => knownNames(state, runtime()),
    }),
    ...spendLimitRoutes({ limits, ledger, nowMs }),
    ...sessionRoutes({ ledger, nowMs, statusOf }),
    ...budgetRoutes({
      statusOf,
      readAll: (limit) => budgets.readAll(ledger, limit),
      settings: () => budgets.settings(),
      health: () => budgets.health(),
      limits,
      nowMs,
    }),
  ];
  return withStorePatience(routes, state.clock);
}
