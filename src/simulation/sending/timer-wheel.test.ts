import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TimerWheel } from "./timer-wheel.ts";
import type { WheelTime } from "./timer-wheel.ts";

/** Time that goes on when told; at most one armed call, as the wheel promises. */
function createManualTime(): WheelTime & { advanceTo(ms: number): void; armed: () => number } {
  let nowMs = 1000;
  let pending: { atMs: number; run: () => void } | null = null;
  let armedCount = 0;
  return {
    nowMs: () => nowMs,
    arm: (delayMs, run) => {
      const mine = { atMs: nowMs + delayMs, run };
      pending = mine;
      armedCount++;
      return () => {
        if (pending === mine) pending = null;
      };
    },
    advanceTo: (ms) => {
      while (pending !== null && pending.atMs <= ms) {
        const { atMs, run } = pending;
        pending = null;
        nowMs = atMs;
        run();
      }
      nowMs = ms;
    },
    armed: () => armedCount,
  };
}

describe("a timer wheel", () => {
  test("runs everything once, in time, never early", () => {
    const time = createManualTime();
    const wheel = new TimerWheel(time);
    const ran: [number, number][] = [];
    for (const delayMs of [0, 1, 3, 50, 4095, 4096, 4097, 9000, 20_000]) {
      wheel.schedule(delayMs, () => ran.push([delayMs, time.nowMs() - 1000 - delayMs]));
    }
    time.advanceTo(40_000);
    assert.deepEqual(
      ran.map(([delayMs]) => delayMs),
      [0, 1, 3, 50, 4095, 4096, 4097, 9000, 20_000],
    );
    for (const [delayMs, lateMs] of ran) assert.ok(lateMs >= 0 && lateMs <= 4, `${delayMs} came ${lateMs} ms late`);
  });

  test("takes what is scheduled while it runs, before and after what waits", () => {
    const time = createManualTime();
    const wheel = new TimerWheel(time);
    const ran: string[] = [];
    wheel.schedule(10, () => {
      ran.push("first");
      wheel.schedule(0, () => ran.push("soon"));
      wheel.schedule(500, () => ran.push("late"));
    });
    wheel.schedule(100, () => ran.push("second"));
    time.advanceTo(3000);
    assert.deepEqual(ran, ["first", "soon", "second", "late"]);
  });

  test("arms one timer for a thousand waiters of one moment", () => {
    const time = createManualTime();
    const wheel = new TimerWheel(time);
    let ran = 0;
    for (let index = 0; index < 1000; index++) wheel.schedule(100, () => ran++);
    time.advanceTo(2000);
    assert.equal(ran, 1000);
    assert.ok(time.armed() <= 2, `armed ${time.armed()} times`);
  });
});
