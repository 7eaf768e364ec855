/** Time as an argument: pure code takes a Clock, tests hand in their own. */
import { performance } from "node:perf_hooks"; // the global is a getter, four times as slow

export interface Clock {
  /** Unix time in milliseconds; may jump. For records and windows. */
  nowMs(): number;
  /** Milliseconds since some start, never going back. For durations and deadlines. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** The two clocks tick apart by less than this; what the wall clock is ahead by more was sleep, or set. */
const leastLeapMs = 1_000;

/**
 * Milliseconds by which what is kept in this process ages: never going back, where the wall clock is set back, and counting
 * the time that a machine slept, where the monotonic clock may stand still.
 */
export function createAgeClock(clock: Clock): () => number {
  const startMs = clock.monotonicMs();
  let [wallMs, steadyMs, leaptMs] = [clock.nowMs(), startMs, 0];
  return () => {
    const [nowMs, nowSteadyMs] = [clock.nowMs(), clock.monotonicMs()];
    const aheadMs = nowMs - wallMs - (nowSteadyMs - steadyMs);
    if (aheadMs > leastLeapMs) leaptMs += aheadMs;
    [wallMs, steadyMs] = [nowMs, nowSteadyMs];
    return nowSteadyMs - startMs + leaptMs;
  };
}

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  advanceMs(ms: number): void;
  /** Sets the wall clock forward, or back; no time passes. */
  setWallMs(nowMs: number): void;
}

/** A manual clock. `startMs`: what its wall clock shows, in Unix milliseconds; the monotonic one begins at 0. */
export function createManualClock(startMs: number): ManualClock {
  let elapsedMs = 0;
  let wallStartMs = startMs;
  return {
    nowMs: () => wallStartMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    advanceMs: (ms) => {
      elapsedMs += ms;
    },
    setWallMs: (nowMs) => {
      wallStartMs = nowMs - elapsedMs;
    },
  };
}
