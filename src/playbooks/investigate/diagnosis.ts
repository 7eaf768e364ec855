/** What an investigation comes to: the figures, now and before, and the causes, the likeliest first. */
import type { Verdict } from "../finding.ts";

export interface ComparedFigure {
  readonly name: string;
  readonly now: string;
  /** null where there is nothing to compare with. */
  readonly before: string | null;
}

export interface Cause {
  readonly title: string;
  /** How much of the trouble it explains, from 0 to 1. */
  readonly share: number;
  /** What speaks for it, with figures. */
  readonly evidence: readonly string[];
  /** What to do, the first thing first. */
  readonly remedies: readonly string[];
}

export interface Diagnosis {
  readonly verdict: Verdict;
  /** The answer in one sentence. */
  readonly headline: string;
  readonly figures: readonly ComparedFigure[];
  readonly causes: readonly Cause[];
}

const leastShare = 0.1;

/** Those that explain something, the likeliest first. */
export function rankCauses(causes: readonly (Cause | null)[]): readonly Cause[] {
  return causes
    .filter((cause) => cause !== null)
    .map((cause) => ({ ...cause, share: Math.max(0, Math.min(1, cause.share)) }))
    .filter(({ share }) => share >= leastShare)
    .sort((a, b) => b.share - a.share);
}

/** A figure of both times, written by `format`; `-` where there was none. */
export function compare(
  name: string,
  now: number | null,
  before: number | null,
  format: (value: number) => string,
): ComparedFigure {
  return { name, now: now === null ? "-" : format(now), before: before === null ? null : format(before) };
}
