import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgeClock, createManualClock } from "./clock.ts";

test("what is kept ages with time, also where the wall clock is set back, and with the time that a machine slept", () => {
  const clock = createManualClock(1_000_000);
  const ageMs = createAgeClock(clock);
  clock.advanceMs(500);
  assert.equal(ageMs(), 500);
  clock.setWallMs(0);
  assert.equal(ageMs(), 500);
  clock.advanceMs(250);
  assert.equal(ageMs(), 750);
  // A machine that slept: the monotonic clock of Linux stood still.
  clock.setWallMs(clock.nowMs() + 3_600_000);
  assert.equal(ageMs(), 3_600_750);
});

test("what is kept ages no faster where it is looked at often, though the wall clock counts whole milliseconds alone", () => {
  let steadyMs = 0;
  const ageMs = createAgeClock({ nowMs: () => 1_000_000 + Math.floor(steadyMs), monotonicMs: () => steadyMs });
  for (; steadyMs < 1_000; steadyMs += 0.25) ageMs();
  assert.equal(ageMs(), 1_000);
});
