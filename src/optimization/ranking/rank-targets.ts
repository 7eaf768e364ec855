/**
 * Ranks targets by cost, quality and latency. Pure.
 *
 * Cost is relative to the candidates: the cheapest scores 1, one twice as dear 0.5, whatever the amounts are. Latency
 * likewise against the fastest one measured. What is not measured well enough scores a stated neutral value.
 */
import { formatUsd, usdFromNanoUsd } from "../../core/money.ts";
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";
import type { Measured, RankCandidate } from "./rank-candidates.ts";
import { scoreWeights } from "./score-weights.ts";
import type { CostThresholds, ScoreWeights } from "./score-weights.ts";

export interface RankInputs {
  /** The smallest remaining share of the caller's budgets, 0 to 1; null: no budget holds. */
  readonly remainingBudgetShare: number | null;
  readonly thresholds: CostThresholds;
}

export interface ScorePart {
  /** 0 to 1. */
  readonly score: number;
  readonly weight: number;
  /** True where too little is known and the neutral value stands. */
  readonly isNeutral: boolean;
}

export interface ScoreParts {
  readonly cost: ScorePart;
  readonly quality: ScorePart;
  readonly latency: ScorePart;
}

/** One candidate's place; the guide's name and its `provider`, `score`, `reasoning`. */
export interface ProviderRanking extends Target {
  /** 0 to 1: the parts by their weights. */
  readonly score: number;
  readonly parts: ScoreParts;
  readonly estimatedCostUsd: number;
  /** In words. */
  readonly reasoning: string;
}

/** A candidate with its score, before it is put into words. */
export interface ScoredTarget {
  readonly candidate: RankCandidate;
  readonly score: number;
  readonly parts: ScoreParts;
}

/** Fewer answers than this say too little. */
export const enoughSamples = 20;
/** Stands for a quality or latency of which too little is known: a fair chance, below what good targets reach. */
export const neutralScore = 0.75;

/** Best first; equal scores by cost, then by name, so that the order of the input means nothing. */
export function rankTargets(candidates: readonly RankCandidate[], inputs: RankInputs): readonly ProviderRanking[] {
  return scoreTargets(candidates, inputs).map((scored) => ({
    provider: scored.candidate.target.provider,
    model: scored.candidate.target.model,
    score: scored.score,
    parts: scored.parts,
    estimatedCostUsd: usdFromNanoUsd(scored.candidate.costNanoUsd),
    reasoning: reasoningOf(scored),
  }));
}

/** The ranking in numbers alone: what the path of a call needs. */
export function scoreTargets(candidates: readonly RankCandidate[], inputs: RankInputs): readonly ScoredTarget[] {
  const weights = scoreWeights(inputs.remainingBudgetShare, inputs.thresholds);
  let cheapest = Infinity;
  let fastest = Infinity;
  for (const { costNanoUsd, latency } of candidates) {
    cheapest = Math.min(cheapest, costNanoUsd);
    if (isEnough(latency)) fastest = Math.min(fastest, latency.value);
  }
  return candidates.map((candidate) => scoreOne(candidate, weights, cheapest, fastest)).sort(compareScored);
}

function scoreOne(candidate: RankCandidate, weights: ScoreWeights, cheapest: number, fastest: number): ScoredTarget {
  const { quality, latency } = candidate;
  const parts: ScoreParts = {
    cost: { score: ratio(cheapest, candidate.costNanoUsd), weight: weights.cost, isNeutral: false },
    quality: isEnough(quality)
      ? { score: unit(quality.value), weight: weights.quality, isNeutral: false }
      : { score: neutralScore, weight: weights.quality, isNeutral: true },
    latency: isEnough(latency)
      ? { score: ratio(fastest, latency.value), weight: weights.latency, isNeutral: false }
      : { score: neutralScore, weight: weights.latency, isNeutral: true },
  };
  const score =
    parts.cost.score * weights.cost + parts.quality.score * weights.quality + parts.latency.score * weights.latency;
  return { candidate, score, parts };
}

function compareScored(a: ScoredTarget, b: ScoredTarget): number {
  if (a.score !== b.score) return b.score - a.score;
  if (a.candidate.costNanoUsd !== b.candidate.costNanoUsd) return a.candidate.costNanoUsd - b.candidate.costNanoUsd;
  return formatTarget(a.candidate.target) < formatTarget(b.candidate.target) ? -1 : 1;
}

/** Whether `measured` rests on enough calls to decide by it. */
export function isEnough(measured: Measured | null): measured is Measured {
  return measured !== null && measured.samples >= enoughSamples;
}

/** The least over this: 1 for the least itself, also where that is 0. */
function ratio(least: number, value: number): number {
  return value <= least ? 1 : least / value;
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Why a candidate scored as it did: each part with its weight and what it comes from. */
function reasoningOf({ candidate, score, parts }: ScoredTarget): string {
  const { quality, latency } = candidate;
  const cost = `${formatUsd(candidate.costNanoUsd)} expected${parts.cost.score === 1 ? ", the cheapest" : ""}`;
  const tooFew = (measured: Measured | null): string =>
    `neutral, ${measured === null ? 0 : Math.floor(measured.samples)} of ${enoughSamples} answers known`;
  return (
    `scores ${score.toFixed(2)}: ` +
    `cost ${weighed(parts.cost)} (${cost}), ` +
    `quality ${weighed(parts.quality)} (${parts.quality.isNeutral ? tooFew(quality) : "measured"}), ` +
    `latency ${weighed(parts.latency)} ` +
    `(${parts.latency.isNeutral ? tooFew(latency) : `${Math.round(latency?.value ?? 0)} ms to the first byte`})`
  );
}

function weighed({ score, weight }: ScorePart): string {
  return `${score.toFixed(2)} × ${weight.toFixed(2)}`;
}
