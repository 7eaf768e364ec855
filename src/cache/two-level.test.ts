import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../core/time/clock.ts";
import { MemoryAnswerStore } from "./memory.ts";
import { keptAnswer } from "./test-answer.ts";
import { TwoLevelStore } from "./two-level.ts";

test("a clock that is set back makes no answer in memory good for longer", () => {
  const clock = createManualClock(86_400_000);
  const store = new TwoLevelStore(new MemoryAnswerStore(1_000_000), null, { l1TtlMs: 1_000, l2TtlMs: 1 }, clock);
  const isFound = (): boolean => store.find("a", clock.nowMs(), -Infinity) !== null;
  store.keep("a", keptAnswer(), clock.nowMs());
  clock.setWallMs(0);
  clock.advanceMs(999);
  assert.ok(isFound());
  clock.advanceMs(1);
  assert.ok(!isFound());
});

test("an answer that is too old for its caller counts as a miss, and one that landed meanwhile is no second look-up", () => {
  const clock = createManualClock(86_400_000);
  const store = new TwoLevelStore(new MemoryAnswerStore(1_000_000), null, { l1TtlMs: 1_000, l2TtlMs: 1 }, clock);
  store.keep("a", keptAnswer({ keptAtMs: clock.nowMs() }), clock.nowMs());
  assert.equal(store.find("a", clock.nowMs(), clock.nowMs() + 1), null);
  assert.ok(store.hasLanded("a", clock.nowMs()));
  assert.ok(!store.hasLanded("a", clock.nowMs() + 1));
  assert.deepEqual([store.stats().l1.hits, store.stats().l1.misses], [0, 1]);
});
