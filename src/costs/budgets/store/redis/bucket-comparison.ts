/** What compares a bucket in Redis with the ledger. */
import type { NanoUsd } from "../../../../core/money.ts";
import type { BudgetBucket } from "../../caps/caps.ts";

/** How far the ledger of this process is. */
export interface LedgerProgress {
  /** Whether rows of this process wait longer than they should. */
  isBehind(): boolean;
  /** Writes what waits; whether the ledger has all rows now, also what an earlier process left behind. */
  catchUp(): Promise<boolean>;
}

/** A comparison in Redis; its scripts are in redis-comparison-scripts.ts. All reject where Redis is away. */
export interface BucketComparison {
  /** Begins one. Answers the number of doubts by then; null where it is another process's, or the bucket is gone. */
  cut(bucket: BudgetBucket, cutMs: number): Promise<number | null>;
  /** What calls before the cut have spent; null where the comparison is another process's by now. */
  spentBefore(bucket: BudgetBucket): Promise<NanoUsd | null>;
  /** Ends it; "moved" where `before` is not what was spent any more, null as above. */
  correct(bucket: BudgetBucket, before: NanoUsd, byLedger: NanoUsd, doubt: number): Promise<"checked" | "moved" | null>;
  /** Counts one more doubt. */
  doubt(): Promise<void>;
}
