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

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  advanceMs(ms: number): void;
}

export function createManualClock(startMs: number): ManualClock {
  let elapsedMs = 0;
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    advanceMs: (ms) => {
      elapsedMs += ms;
    },
  };
}
