import assert from "node:assert/strict";
import { test } from "node:test";
import { dayMs } from "../../../core/time/durations.ts";
import type { BucketState } from "../store/budget-store.ts";
import { eventName, eventsOf, projectSpend } from "./budget-events.ts";
import { createBucket } from "../store/test-bucket.ts";
import type { BudgetPeriod } from "../caps/windows.ts";

const thresholds = { warning: 0.5, critical: 0.8 };

function stateOf(spentNanoUsd: number, period: BudgetPeriod = "daily"): BucketState {
  return { bucket: createBucket(1_000, "user", "ada", period), spentNanoUsd, heldNanoUsd: 9_999 };
}

function told(state: BucketState, atMs: number): readonly string[] {
  return eventsOf(state, thresholds, atMs).map((event) =>
    event.kind === "budgetThresholdReached" ? `${event.threshold}` : event.kind,
  );
}

test("thresholds and the limit are reached with their last nano-dollar, by what is spent and not by what is held", () => {
  const atMs = stateOf(0).bucket.startMs;
  assert.deepEqual(told(stateOf(499), atMs), []);
  assert.deepEqual(told(stateOf(500), atMs), ["0.5"]);
  assert.deepEqual(told(stateOf(800), atMs), ["0.5", "0.8"]);
  assert.deepEqual(told(stateOf(999), atMs), ["0.5", "0.8"]);
  assert.deepEqual(told(stateOf(1_000), atMs), ["0.5", "0.8", "budgetLimitExceeded"]);
  const [event] = eventsOf(stateOf(500), thresholds, atMs);
  const facts = { bucket: stateOf(0).bucket, spentNanoUsd: 500, heldNanoUsd: 9_999, atMs };
  assert.deepEqual(event, { kind: "budgetThresholdReached", threshold: 0.5, ...facts });
});

test("only a month's overrun is in sight, from its fourth day to its end", () => {
  const month = stateOf(101, "monthly");
  const { startMs, endMs } = month.bucket;
  const spent = (amount: number): BucketState => ({ ...month, spentNanoUsd: amount });
  assert.deepEqual(told(month, startMs + 3 * dayMs - 1), []);
  assert.deepEqual(told(month, startMs + 3 * dayMs), ["budgetOverrunProjected"]);
  assert.deepEqual(told(spent(100), startMs + 3 * dayMs), []);
  assert.deepEqual(told(spent(499), endMs), []);
  const week = stateOf(499, "weekly");
  assert.deepEqual(told(week, week.bucket.startMs + 3 * dayMs), []);
});

test("spending is projected at the average pace so far", () => {
  const month = stateOf(300, "monthly");
  const { startMs, endMs } = month.bucket;
  assert.equal(endMs - startMs, 30 * dayMs);
  assert.equal(projectSpend(month, startMs + 10 * dayMs), 900);
  assert.equal(projectSpend(month, endMs - 1), 300);
  assert.equal(projectSpend(month, endMs), null);
});

test("an event is told anew for another limit and another threshold only", () => {
  const names = [1_000, 2_000].flatMap((limitNanoUsd) => {
    const bucket = { ...stateOf(0).bucket, limitNanoUsd };
    const facts = { bucket, spentNanoUsd: limitNanoUsd, heldNanoUsd: 0, atMs: 0 };
    return [
      eventName({ kind: "budgetThresholdReached", threshold: 0.5, ...facts }),
      eventName({ kind: "budgetThresholdReached", threshold: 0.8, ...facts }),
      eventName({ kind: "budgetLimitExceeded", ...facts }),
    ];
  });
  assert.equal(new Set(names).size, 6);
  const later = { bucket: stateOf(0).bucket, spentNanoUsd: 7, heldNanoUsd: 7, atMs: 7 };
  assert.equal(eventName({ kind: "budgetLimitExceeded", ...later }), names[2]);
});
