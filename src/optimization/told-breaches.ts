/** Which breaches of budgets were told already: one event for each bucket and limit, however it is found out. */
import { bucketKey } from "../costs/budgets/caps/caps.ts";
import type { BudgetBucket } from "../costs/budgets/caps/caps.ts";

export interface ToldBreaches {
  /** True the first time. */
  isFirst(bucket: BudgetBucket, nowMs: number): boolean;
}

const sweepFrom = 10_000;

/** Remembers breaches until their windows end. */
export function createToldBreaches(): ToldBreaches {
  const endsMs = new Map<string, number>();
  return {
    isFirst(bucket, nowMs) {
      const key = `${bucketKey(bucket)}@${bucket.limitNanoUsd}`;
      if (endsMs.has(key)) return false;
      if (endsMs.size >= sweepFrom) {
        for (const [known, endMs] of endsMs) if (endMs <= nowMs) endsMs.delete(known);
      }
      endsMs.set(key, bucket.endMs);
      return true;
    },
  };
}
