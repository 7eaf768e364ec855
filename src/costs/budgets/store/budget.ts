/**
 * Budget arithmetic for one bucket: the money of one cap in one window.
 *
 * A call holds money before it goes out and settles its real cost after, so that calls side by side cannot
 * overspend together. Nothing here keeps state or reads a clock: a store keeps the buckets.
 */
import type { NanoUsd } from "../../../core/money.ts";

export interface BucketMoney {
  /** Real costs of calls that are over. */
  readonly spentNanoUsd: NanoUsd;
  /** Held for calls on their way. */
  readonly heldNanoUsd: NanoUsd;
}

/** By how much `amount` does not fit under `limit`; 0 or less: it fits. A call that cannot cost anything always fits. */
export function shortBy(money: BucketMoney, limitNanoUsd: NanoUsd, amountNanoUsd: NanoUsd): NanoUsd {
  if (amountNanoUsd === 0) return 0;
  return money.spentNanoUsd + money.heldNanoUsd + amountNanoUsd - limitNanoUsd;
}

/** Money with `amount` more held. */
export function holdMoney(money: BucketMoney, amountNanoUsd: NanoUsd): BucketMoney {
  return { ...money, heldNanoUsd: money.heldNanoUsd + amountNanoUsd };
}

/** Trades a hold for the real cost, which may pass the limit: that money is already gone. */
export function settleMoney(money: BucketMoney, heldNanoUsd: NanoUsd, costNanoUsd: NanoUsd): BucketMoney {
  return { heldNanoUsd: money.heldNanoUsd - heldNanoUsd, spentNanoUsd: money.spentNanoUsd + costNanoUsd };
}
