/** How often a conversation pauses for longer than a prompt cache holds: counted, over a stated prior. Pure. */
import { hourMs } from "../../core/time/durations.ts";
import { fiveMinutesMs } from "./prompt-cache-rules.ts";

/** Gaps between calls that were longer than each of `edgesMs`, of `gaps` in all. */
export interface Pauses {
  readonly gaps: number;
  readonly longer: readonly number[];
}

const edgesMs = [fiveMinutesMs, 2 * fiveMinutesMs, hourMs, 2 * hourMs] as const;

/** Before a conversation is known: one gap in twenty-five is a coffee, one in a hundred a lunch. */
const priorShares = [0.04, 0.03, 0.01, 0.005] as const;
const priorGaps = 12;

export const noPauses: Pauses = { gaps: 0, longer: edgesMs.map(() => 0) };

/** `pauses` with one more gap. */
export function withGap(pauses: Pauses, gapMs: number): Pauses {
  return {
    gaps: pauses.gaps + 1,
    longer: pauses.longer.map((count, index) => count + Number(gapMs > edgesMs[index]!)),
  };
}

/** Expected share of gaps longer than `ttlMs` (of those longer than the next shorter edge, to be careful). */
export function pauseShare(pauses: Pauses, ttlMs: number): number {
  let at = 0;
  while (at + 1 < edgesMs.length && edgesMs[at + 1]! <= ttlMs) at++;
  return (pauses.longer[at]! + priorShares[at]! * priorGaps) / (pauses.gaps + priorGaps);
}
