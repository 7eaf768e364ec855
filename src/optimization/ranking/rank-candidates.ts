/** What a ranking weighs of each target: its expected cost, and its quality and latency as they were measured. Pure. */
import type { NanoUsd } from "../../core/money.ts";
import type { Target } from "../../core/target.ts";
import { totalOf } from "../sessions/session-costs.ts";
import type { SessionCost } from "../sessions/session-costs.ts";

/** A figure and the answers behind it. */
export interface Measured {
  readonly value: number;
  readonly samples: number;
}

/** What is measured of targets, as look-ups; null: not measured. */
export interface TargetMeasures {
  /** From 0 (bad) to 1 (good). */
  readonly qualityOf: (target: Target) => Measured | null;
  /** Milliseconds to the first byte. */
  readonly latencyOf: (target: Target) => Measured | null;
}

export interface RankCandidate {
  readonly target: Target;
  /** Expected cost of what is to be decided: one call, or the rest of a session. */
  readonly costNanoUsd: NanoUsd;
  /** From 0 (bad) to 1 (good); null: not measured. */
  readonly quality: Measured | null;
  /** Milliseconds to the first byte; null: not measured. */
  readonly latency: Measured | null;
}

/** The candidates of a conversation that costs `costs` at `targets`, in their order. */
export function toRankCandidates(
  targets: readonly Target[],
  costs: readonly SessionCost[],
  { qualityOf, latencyOf }: TargetMeasures,
): readonly RankCandidate[] {
  return targets.map((target, index) => ({
    target,
    costNanoUsd: totalOf(costs[index]!),
    quality: qualityOf(target),
    latency: latencyOf(target),
  }));
}
