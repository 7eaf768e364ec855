/**
 * When this process last stood still: it was stopped (Ctrl-Z, a paused container), or its machine slept. Connections break
 * meanwhile, by time limits of others that nobody here could keep.
 */
import { createAgeClock } from "../core/time/clock.ts";
import type { Clock } from "../core/time/clock.ts";

/** More than a round of the watch and the longest work of a busy event loop together. */
const leastMs = 4_000;

export interface StandstillWatch {
  /** To be called every second or so; gives the monotonic time. */
  look(): number;
  /** `at`: on the monotonic clock. */
  hasStoodStillSince(at: number): boolean;
}

export function createStandstillWatch(clock: Clock): StandstillWatch {
  const ageMs = createAgeClock(clock);
  let lookedAt = ageMs();
  let stoodUntil = Number.NEGATIVE_INFINITY;
  const look = (): number => {
    const age = ageMs();
    const now = clock.monotonicMs();
    if (age - lookedAt >= leastMs) stoodUntil = now;
    lookedAt = age;
    return now;
  };
  return {
    look,
    hasStoodStillSince: (at) => {
      // What breaks as the process wakes up is read before its timers go off.
      look();
      return at <= stoodUntil;
    },
  };
}
