/** A refused call: which cap stands in the way, by how much, until when, in a sentence for the person who waits. */
import { formatUsd } from "../../core/money.ts";
import type { NanoUsd } from "../../core/money.ts";
import { shortBy } from "./store/budget.ts";
import type { BucketState } from "./store/budget-store.ts";
import type { BudgetBucket } from "./caps/caps.ts";
import { beginWithBucket, describeReset, describeUse } from "./describe-bucket.ts";

export interface BudgetRefusal {
  /** Of all caps in the way, the one that resets last: nothing goes before. */
  readonly bucket: BudgetBucket;
  readonly retryAfterSeconds: number;
  readonly message: string;
  /** Only money that calls under way hold is in the way: when they are over, the call may fit. */
  readonly isForHeldMoney: boolean;
  /** Every cap in the way. */
  readonly fullStates: readonly BucketState[];
}

/** A call under way takes some seconds; asked for sooner, its money would still be held. */
const heldWaitSeconds = 5;

/** The refusal of a call that wanted to hold `amount`; `states` must hold at least one cap that it does not fit. */
export function refusalOf(states: readonly BucketState[], amountNanoUsd: NanoUsd, nowMs: number): BudgetRefusal {
  const fullStates = states.filter((state) => shortBy(state, state.bucket.limitNanoUsd, amountNanoUsd) > 0);
  const last = fullStates.reduce<BucketState | undefined>(
    (latest, state) => (latest === undefined || state.bucket.endMs > latest.bucket.endMs ? state : latest),
    undefined,
  );
  if (last === undefined) throw new RangeError("nothing stands in the way of this call");
  const { bucket } = last;
  const shortByNanoUsd = shortBy(last, bucket.limitNanoUsd, amountNanoUsd);
  const isForHeldMoney = fullStates.every(
    (state) => state.heldNanoUsd >= shortBy(state, state.bucket.limitNanoUsd, amountNanoUsd),
  );
  const resetSeconds = Math.max(1, Math.ceil((bucket.endMs - nowMs) / 1000));
  return {
    bucket,
    retryAfterSeconds: isForHeldMoney ? Math.min(heldWaitSeconds, resetSeconds) : resetSeconds,
    message: sentence(last, shortByNanoUsd, isForHeldMoney),
    isForHeldMoney,
    fullStates,
  };
}

function sentence(state: BucketState, shortByNanoUsd: NanoUsd, isForHeldMoney: boolean): string {
  const { bucket, spentNanoUsd } = state;
  const left = spentNanoUsd < bucket.limitNanoUsd ? "has no room for this call" : "is used up";
  return (
    `${beginWithBucket(bucket)} ${isForHeldMoney ? "has no room right now" : left}: ${describeUse(state)} and this call is ` +
    `${formatUsd(shortByNanoUsd)} too much. ${isForHeldMoney ? "It may fit when those calls are over. " : ""}` +
    `It ${describeReset(bucket)}; until then, ask your administrator for a higher budget.`
  );
}
