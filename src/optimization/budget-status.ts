/** The state of a caller's budgets, from what the budget store counts. Pure. */
import { usdFromNanoUsd } from "../core/money.ts";
import type { BucketState } from "../costs/budgets/store/budget-store.ts";
import type { BudgetPeriod } from "../costs/budgets/caps/windows.ts";
import type { BudgetWindowStatus } from "./cost-optimizer-types.ts";

/** Share of its limit that a bucket has left, held money counted as gone: 0 to 1. */
function remainingShareOf({ bucket, spentNanoUsd, heldNanoUsd }: BucketState): number {
  if (bucket.limitNanoUsd <= 0) return 0;
  return Math.min(1, Math.max(0, 1 - (spentNanoUsd + heldNanoUsd) / bucket.limitNanoUsd));
}

/** The smallest share over all caps and windows; null where none holds. What a ranking weighs cost by. */
export function smallestRemainingShare(states: readonly BucketState[]): number | null {
  return states.length === 0 ? null : Math.min(...states.map(remainingShareOf));
}

/** The tightest cap of a period; null where none holds. */
export function windowStatusOf(states: readonly BucketState[], period: BudgetPeriod): BudgetWindowStatus | null {
  const tightest = states
    .filter(({ bucket }) => bucket.period === period)
    .reduce<BucketState | null>(
      (least, state) => (least === null || remainingShareOf(state) < remainingShareOf(least) ? state : least),
      null,
    );
  if (tightest === null) return null;
  const { bucket, spentNanoUsd, heldNanoUsd } = tightest;
  const used = spentNanoUsd + heldNanoUsd;
  return {
    limit: usdFromNanoUsd(bucket.limitNanoUsd),
    used: usdFromNanoUsd(used),
    remaining: usdFromNanoUsd(bucket.limitNanoUsd - used),
    percentage: bucket.limitNanoUsd === 0 ? 100 : (used / bucket.limitNanoUsd) * 100,
    resetsAt: new Date(bucket.endMs),
  };
}
