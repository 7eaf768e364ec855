/** Buckets for tests: one limit, one afternoon. */
import type { MemberScope } from "../../../core/member-scope.ts";
import type { BudgetBucket } from "../caps/caps.ts";
import type { LedgerProgress } from "./redis/bucket-comparison.ts";
import { windowAt } from "../caps/windows.ts";
import type { BudgetPeriod } from "../caps/windows.ts";

/** The afternoon of Wednesday, 18 November 2026. */
export const atMs: number = Date.UTC(2026, 10, 18, 15);

/** A bucket with that limit in the window that holds `atMs`. */
export function createBucket(
  limitNanoUsd: number,
  scope: MemberScope = "user",
  id = "ada",
  period: BudgetPeriod = "daily",
): BudgetBucket {
  return { scope, id, period, limitNanoUsd, ...windowAt(period, atMs) };
}

/** Of a ledger that has every row at once. */
export const promptLedger: LedgerProgress = { isBehind: () => false, catchUp: () => Promise.resolve(true) };
