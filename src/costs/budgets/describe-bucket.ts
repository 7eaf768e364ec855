/** A bucket in words, for the people whose calls it refuses and for those who are told of it. Pure. */
import { formatUsd } from "../../core/money.ts";
import type { BucketState } from "./store/budget-store.ts";
import type { BudgetBucket } from "./caps/caps.ts";

/** A cap in words: `the daily budget of user ada`. */
export function describeBucket(bucket: Pick<BudgetBucket, "scope" | "id" | "period">): string {
  const whose = bucket.scope === "all" ? "of everyone together" : `of ${bucket.scope} ${bucket.id}`;
  return `the ${bucket.period} budget ${whose}`;
}

/** The same at the beginning of a sentence. */
export function beginWithBucket(bucket: BudgetBucket): string {
  const name = describeBucket(bucket);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** How far a cap is used: `$9.50 of $10.00 is spent, $0.30 is held for calls under way`. */
export function describeUse({ bucket, spentNanoUsd, heldNanoUsd }: BucketState): string {
  const spent = `${formatUsd(spentNanoUsd)} of ${formatUsd(bucket.limitNanoUsd)} is spent`;
  return heldNanoUsd === 0 ? spent : `${spent}, ${formatUsd(heldNanoUsd)} is held for calls under way`;
}

/** When its window ends: `resets at 2026-11-19 00:00 UTC`. */
export function describeReset({ endMs }: BudgetBucket): string {
  return `resets at ${new Date(endMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
