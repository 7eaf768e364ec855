import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../core/time/clock.ts";
import { createStandstillWatch } from "./standstill-watch.ts";

test("a process that was stopped, or whose machine slept, has stood still: for what was there before, found by whoever looks first", () => {
  for (const pass of ["stopped", "slept"]) {
    for (const looksFirst of [true, false]) {
      const clock = createManualClock(1_000_000);
      const watch = createStandstillWatch(clock);
      clock.advanceMs(1_000);
      watch.look();
      const startedAt = clock.monotonicMs();
      clock.advanceMs(1_000);
      assert.equal(watch.hasStoodStillSince(startedAt), false);
      if (pass === "stopped") clock.advanceMs(60_000);
      else clock.setWallMs(clock.nowMs() + 60_000);
      if (looksFirst) watch.look();
      assert.equal(watch.hasStoodStillSince(startedAt), true, pass);
      clock.advanceMs(1_000);
      assert.equal(watch.hasStoodStillSince(startedAt), true, pass);
      assert.equal(watch.hasStoodStillSince(clock.monotonicMs()), false, pass);
    }
  }
});

test("a busy process, and a clock that is set back, are no standing still", () => {
  const clock = createManualClock(1_000_000);
  const watch = createStandstillWatch(clock);
  const startedAt = clock.monotonicMs();
  for (let round = 0; round < 10; round++) {
    clock.advanceMs(3_900);
    clock.setWallMs(clock.nowMs() - 60_000);
    assert.equal(watch.hasStoodStillSince(startedAt), false);
  }
});
