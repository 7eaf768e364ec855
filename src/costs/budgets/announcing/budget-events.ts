/**
 * What happens to a budget, as values: a threshold reached, the limit passed, an overrun in sight.
 *
 * Each is told once per window. Which ones a settlement brings about is decided here, purely; who remembers that they
 * were told is the store.
 */
import { dayMs } from "../../../core/time/durations.ts";
import type { NanoUsd } from "../../../core/money.ts";
import type { BucketState } from "../store/budget-store.ts";
import type { BudgetBucket } from "../caps/caps.ts";

interface EventFacts extends BucketState {
  /** Unix milliseconds. */
  readonly atMs: number;
}

export type BudgetEvent =
  /** `threshold`: the share of the limit that is spent at least. */
  | ({ readonly kind: "budgetThresholdReached"; readonly threshold: number } & EventFacts)
  /** The limit is spent, or a call was refused because it would not have fitted beside what is spent. */
  | ({ readonly kind: "budgetLimitExceeded" } & EventFacts)
  /** At the pace of the month so far, its limit will be passed. */
  | ({ readonly kind: "budgetOverrunProjected"; readonly projectedNanoUsd: NanoUsd } & EventFacts);

export interface BudgetThresholds {
  readonly warning: number;
  readonly critical: number;
}

/** What a projection is made from. */
interface ProjectedState {
  readonly bucket: Pick<BudgetBucket, "startMs" | "endMs">;
  readonly spentNanoUsd: NanoUsd;
}

/** A projection is made from this day of a window on: less says little. */
const projectionAfterMs = 3 * dayMs;

/** What `state` gives reason to tell, lowest first; most of it was told before. */
export function eventsOf(state: BucketState, thresholds: BudgetThresholds, atMs: number): readonly BudgetEvent[] {
  const { bucket, spentNanoUsd } = state;
  const facts = { ...state, atMs };
  const events: BudgetEvent[] = [];
  for (const threshold of [thresholds.warning, thresholds.critical]) {
    if (spentNanoUsd >= bucket.limitNanoUsd * threshold) {
      events.push({ kind: "budgetThresholdReached", threshold, ...facts });
    }
  }
  const projectedNanoUsd = projectSpend(state, atMs);
  if (bucket.period === "monthly" && projectedNanoUsd !== null && projectedNanoUsd > bucket.limitNanoUsd) {
    events.push({ kind: "budgetOverrunProjected", projectedNanoUsd, ...facts });
  }
  if (spentNanoUsd >= bucket.limitNanoUsd) events.push({ kind: "budgetLimitExceeded", ...facts });
  return events;
}

/** Spending at the window's end if it goes on at the average pace so far; null in its first three days. */
export function projectSpend(state: ProjectedState, atMs: number): NanoUsd | null {
  const { startMs, endMs } = state.bucket;
  const elapsedMs = atMs - startMs;
  if (elapsedMs < projectionAfterMs || atMs >= endMs) return null;
  return Math.round((state.spentNanoUsd / elapsedMs) * (endMs - startMs));
}

/** Under which name the telling of an event is remembered. Another limit is another matter: it is told anew. */
export function eventName(event: BudgetEvent): string {
  const threshold = event.kind === "budgetThresholdReached" ? `:${event.threshold}` : "";
  return `${event.kind}${threshold}@${event.bucket.limitNanoUsd}`;
}
