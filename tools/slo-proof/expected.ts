/**
 * When burn-rate alerts must fire, by their definition: the share of what broke the promise between two moments, taken
 * from the running totals themselves. No rates, no recorded series.
 */
import type { Totals } from "./month.ts";

export interface Span {
  readonly fromMinute: number;
  /** The last minute in it. */
  readonly toMinute: number;
}

export interface Pair {
  readonly longMinutes: number;
  readonly shortMinutes: number;
  readonly burn: number;
}

/** From Google's SRE workbook, table 5-8; written out here, apart from the rules. */
export const pairsOf: Readonly<Record<"FastBurn" | "SlowBurn", readonly Pair[]>> = {
  FastBurn: [
    { longMinutes: 60, shortMinutes: 5, burn: 14.4 },
    { longMinutes: 360, shortMinutes: 30, burn: 6 },
  ],
  SlowBurn: [
    { longMinutes: 1440, shortMinutes: 120, burn: 3 },
    { longMinutes: 4320, shortMinutes: 360, burn: 1 },
  ],
};

/** Spans in which at least one pair of windows burns too fast. */
export function expectedSpans(totals: Totals, budget: number, pairs: readonly Pair[]): readonly Span[] {
  const burnOver = (minute: number, window: number): number => {
    const from = Math.max(0, minute - window);
    return (totals.bad[minute]! - totals.bad[from]!) / (totals.all[minute]! - totals.all[from]!) / budget;
  };
  const minutes: number[] = [];
  for (let minute = 1; minute < totals.all.length; minute++) {
    const burnsTooFast = ({ longMinutes, shortMinutes, burn }: Pair): boolean =>
      burnOver(minute, longMinutes) > burn && burnOver(minute, shortMinutes) > burn;
    if (pairs.some(burnsTooFast)) minutes.push(minute);
  }
  return toSpans(minutes);
}

/** As long as two edges may be off together: a shorter pause is none. */
const shortestPauseMinutes = 12;

/** Minutes in a row as spans. */
export function toSpans(minutes: readonly number[]): readonly Span[] {
  const spans: { fromMinute: number; toMinute: number }[] = [];
  for (const minute of minutes) {
    const last = spans.at(-1);
    if (last !== undefined && minute - last.toMinute <= shortestPauseMinutes) last.toMinute = minute;
    else spans.push({ fromMinute: minute, toMinute: minute });
  }
  return spans;
}
