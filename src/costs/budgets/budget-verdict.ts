/** A call that wants to spend, and what budgets say to it. */
import type { NanoUsd } from "../../core/money.ts";
import type { CostRange } from "../expected-cost.ts";
import type { BucketState } from "./store/budget-store.ts";
import type { BudgetBucket, BudgetSubject } from "./caps/caps.ts";
import type { BudgetRefusal } from "./refusal.ts";

/** A call that wants to spend. */
export interface BudgetCall {
  readonly callId: string;
  readonly subject: BudgetSubject;
  /** Start of the call: it decides the window, here and in the ledger. */
  readonly atMs: number;
  readonly range: CostRange;
  /** What the call holds already, for a target before; left out for its first. */
  readonly earlierNanoUsd?: NanoUsd;
  /** How long it may still wait for shared stores; left out: a second. */
  readonly patienceMs?: number;
}

/** Hand it back to `settle`, once. */
export interface BudgetTicket {
  readonly call: BudgetCall;
  readonly buckets: readonly BudgetBucket[];
  readonly hadHold: boolean;
  /** What it holds. */
  readonly heldNanoUsd: NanoUsd;
}

export type BudgetVerdict =
  /** Go. `states`: the caller's caps after the hold, empty without caps or with an unreadable store. */
  | { readonly kind: "held"; readonly ticket: BudgetTicket; readonly states: readonly BucketState[] }
  | { readonly kind: "refused"; readonly refusal: BudgetRefusal }
  /** The store cannot be read and `onStoreFailure` is `closed`. */
  | { readonly kind: "unreadable" };

/** Lets `call` go without a hold: no cap holds for it, or nobody can be asked. Its cost is settled in `buckets` all the same. */
export function unheld(call: BudgetCall, buckets: readonly BudgetBucket[]): BudgetVerdict {
  return { kind: "held", ticket: { call, buckets, hadHold: false, heldNanoUsd: 0 }, states: [] };
}
