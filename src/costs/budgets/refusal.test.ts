import assert from "node:assert/strict";
import { test } from "node:test";
import type { BucketState } from "./store/budget-store.ts";
import { refusalOf } from "./refusal.ts";
import { atMs, createBucket } from "./store/test-bucket.ts";
import type { BudgetPeriod } from "./caps/windows.ts";

function full(limitNanoUsd: number, period: BudgetPeriod): BucketState {
  return { bucket: createBucket(limitNanoUsd, "user", "ada", period), spentNanoUsd: 90, heldNanoUsd: 5 };
}

test("of the caps that a call does not fit under, the one that resets last is told; those that it fills are not", () => {
  const states = [full(100, "daily"), full(98, "monthly"), full(99, "weekly"), full(110, "daily")];
  for (const order of [states, states.toReversed()]) {
    const refusal = refusalOf(order, 10, atMs);
    assert.equal(refusal.bucket.period, "monthly");
    assert.match(refusal.message, /: \$0\.00000009 of .* and this call is \$0\.000000007 too much\. /);
    assert.deepEqual(new Set(refusal.fullStates), new Set(states.slice(0, 3)));
  }
  assert.deepEqual(refusalOf([full(104, "daily"), full(105, "weekly")], 10, atMs).fullStates.length, 1);
});

test("the wait is rounded up to seconds, and never nothing", () => {
  const state = full(100, "daily");
  const waitAt = (leftMs: number): number => refusalOf([state], 10, state.bucket.endMs - leftMs).retryAfterSeconds;
  assert.deepEqual([0, 1, 1_000, 1_001].map(waitAt), [1, 1, 1, 2]);
});

test("where other calls' money alone is in the way, under every cap, the call may come again in seconds", () => {
  const held = { ...full(100, "weekly"), spentNanoUsd: 50, heldNanoUsd: 45 };
  const refusal = refusalOf([held], 10, atMs);
  assert.deepEqual([refusal.isForHeldMoney, refusal.retryAfterSeconds], [true, 5]);
  assert.match(refusal.message, /has no room right now: .* It may fit when those calls are over\. /);
  assert.equal(refusalOf([held], 10, held.bucket.endMs - 2_000).retryAfterSeconds, 2);
  assert.deepEqual(
    [50, 51].map((amount) => refusalOf([held], amount, atMs).isForHeldMoney),
    [true, false],
  );
  for (const states of [[held, full(99, "daily")], [full(99, "monthly"), held], [{ ...held, spentNanoUsd: 54 }]]) {
    const other = refusalOf(states, 47, atMs);
    assert.equal(other.isForHeldMoney, false);
    assert.match(other.message, /has no room for this call: /);
    assert.doesNotMatch(other.message, /may fit/);
  }
});

test("a cap is told as used up where all of it is spent, and not for a call that is too large for it", () => {
  const wordsAt = (spentNanoUsd: number): string =>
    refusalOf([{ ...full(100, "daily"), spentNanoUsd, heldNanoUsd: 0 }], 101, atMs).message.split(":")[0]!;
  assert.deepEqual([0, 99].map(wordsAt), Array(2).fill("The daily budget of user ada has no room for this call"));
  assert.deepEqual([100, 120].map(wordsAt), Array(2).fill("The daily budget of user ada is used up"));
});

test("a call that fits everywhere is not refused", () => {
  assert.throws(() => refusalOf([full(105, "daily")], 10, atMs), RangeError);
});
