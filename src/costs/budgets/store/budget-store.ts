/**
 * A budget store counts money in buckets: what is spent, what is held. Two stand behind this interface, in process
 * (memory.ts) and in Redis (redis.ts), with one conformance suite.
 */
import type { NanoUsd } from "../../../core/money.ts";
import type { BucketMoney } from "./budget.ts";
import type { BudgetBucket } from "../caps/caps.ts";

export interface BucketState extends BucketMoney {
  readonly bucket: BudgetBucket;
}

export interface HoldRequest {
  readonly callId: string;
  /** All or nothing: the call must fit into every one. */
  readonly buckets: readonly BudgetBucket[];
  readonly amountNanoUsd: NanoUsd;
  /** False: holds even where it does not fit (budgets that only warn). */
  readonly isEnforced: boolean;
}

export type HoldResult =
  /** States after the hold, in the order of the buckets. */
  | { readonly kind: "held"; readonly states: readonly BucketState[] }
  /** States as they are; nothing is held. */
  | { readonly kind: "refused"; readonly states: readonly BucketState[] };

export interface SettleRequest {
  readonly callId: string;
  readonly buckets: readonly BudgetBucket[];
  readonly costNanoUsd: NanoUsd;
  /** False where the call went out without a hold, because the store could not be reached. */
  readonly hadHold: boolean;
  /** When the call started, as the ledger has it, Unix milliseconds; left out: now. */
  readonly startedAtMs?: number;
  /** When its record was made, on this process's monotonic clock; left out: now. A repetition states it again. */
  readonly recordedAtMs?: number;
}

export type SettleResult =
  /** States after it; buckets that the store no longer has are left out. */
  | { readonly kind: "settled"; readonly states: readonly BucketState[] }
  /** This call was settled before: nothing changed. */
  | { readonly kind: "already-settled" };

/**
 * What was spent in a bucket's window so far, from the ledger: asked when the store does not have the bucket. With `beforeMs`
 * only by calls that started before. Rejects where rows wait that the ledger does not have yet.
 */
export type LoadSpent = (bucket: BudgetBucket, beforeMs?: number) => Promise<NanoUsd>;

export interface BudgetStoreStats {
  /** Holds of this process that are not settled. */
  readonly openHolds: number;
  readonly heldNanoUsd: NanoUsd;
}

export interface BudgetStore {
  /** Rejects where the counters (or the ledger behind them) cannot be read. */
  hold(request: HoldRequest): Promise<HoldResult>;
  /** Exactly once a call, whoever repeats it. Rejects where the store cannot be written: repeat it later. */
  settle(request: SettleRequest): Promise<SettleResult>;
  /** The states of `buckets`, loaded from the ledger where needed. */
  read(buckets: readonly BudgetBucket[]): Promise<readonly BucketState[]>;
  /** Buckets may lack what was spent while no cap held for them: each is compared with the ledger when it is next used. */
  compare(): void;
  /** True the first time `what` is announced for this bucket, over all processes and restarts. */
  announce(bucket: BudgetBucket, what: string): Promise<boolean>;
  stats(): BudgetStoreStats;
  close(): Promise<void>;
}
