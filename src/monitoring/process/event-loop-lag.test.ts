import assert from "node:assert/strict";
import { createHistogram } from "node:perf_hooks";
import type { RecordableHistogram } from "node:perf_hooks";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import type { ManualClock } from "../../core/time/clock.ts";
import { EventLoopLag } from "./event-loop-lag.ts";

function createLag(): { lag: EventLoopLag; clock: ManualClock; timers: (count: number, lateMs: number) => void } {
  const clock = createManualClock(1_700_000_000_000);
  const delays: RecordableHistogram = createHistogram();
  const timers = (count: number, lateMs: number): void => {
    for (let index = 0; index < count; index++) delays.record((40 + lateMs) * 1_000_000);
  };
  return { lag: new EventLoopLag(clock, delays), clock, timers };
}

test("a scrape tells what came since the one before, and within ten seconds the same again", () => {
  const { lag, clock, timers } = createLag();
  assert.deepEqual(lag.sinceBefore(), { mean: 0, p50: 0, p99: 0, max: 0 });
  clock.advanceMs(15_000);
  timers(300, 0);
  timers(10, 500);
  const { p50, p99, max } = lag.sinceBefore();
  assert.deepEqual(
    [p50, p99, max].map((seconds) => seconds.toFixed(2)),
    ["0.00", "0.50", "0.50"],
  );
  clock.advanceMs(9_999);
  timers(300, 0);
  assert.equal(lag.sinceBefore().max, max);
  clock.advanceMs(1);
  assert.equal(lag.sinceBefore().max.toFixed(2), "0.00");
});

test("health hears of a lag at once, and no more when it is over, however long the process runs and whoever scrapes", () => {
  for (const scrape of [true, false]) {
    const { lag, clock, timers } = createLag();
    const pass = (minutes: number, lateMs: number): number => {
      let told = 0;
      for (let left = minutes * 4; left > 0; left--) {
        clock.advanceMs(15_000);
        timers(300, lateMs);
        if (scrape) lag.sinceBefore();
        told = Math.round(lag.recentP99Ms());
      }
      return told;
    };
    assert.ok(pass(4 * 60, 0) < 1);
    assert.ok(pass(2, 300) > 290, "after hours at rest");
    assert.ok(pass(3, 0) < 1, "over");
  }
});

test("the process's own event loop is watched until it is closed", async () => {
  const clock = createManualClock(1_700_000_000_000);
  const lag = new EventLoopLag(clock);
  const holdUp = async (): Promise<void> => {
    for (const start = performance.now(); performance.now() - start < 200;);
    await new Promise((resolve) => setTimeout(resolve, 1));
  };
  for (let round = 0; round < 10 && lag.recentP99Ms() < 100; round++) await holdUp();
  assert.ok(lag.recentP99Ms() >= 100);
  lag.close();
  lag.sinceBefore();
  for (let round = 0; round < 3; round++) await holdUp();
  clock.advanceMs(10_000);
  assert.equal(lag.sinceBefore().max, 0);
});
