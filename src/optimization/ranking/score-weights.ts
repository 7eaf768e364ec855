/** How much cost counts against quality and latency: more as the caller's budgets run out. Weights sum to 1. */

export interface ScoreWeights {
  readonly cost: number;
  readonly quality: number;
  readonly latency: number;
}

/** Spent shares of a budget, from 0 to 1, as `optimization.costThresholds` states them. */
export interface CostThresholds {
  readonly warning: number;
  readonly critical: number;
}

/** Weight of cost while budgets are ample, past the warning threshold, past the critical one. */
const costWeights = { ample: 0.3, warning: 0.5, critical: 0.8 } as const;

/** What cost leaves is shared five to two between quality and latency. */
const qualityShare = 5 / 7;

/** Weights for a caller whose tightest budget has `remainingShare` (0 to 1) left; null: it has no budget. */
export function scoreWeights(remainingShare: number | null, thresholds: CostThresholds): ScoreWeights {
  const cost = costWeights[budgetTier(remainingShare, thresholds)];
  const quality = (1 - cost) * qualityShare;
  return { cost, quality, latency: 1 - cost - quality };
}

/** Which tier of cost weights holds. A threshold of 0.75 means: less than a quarter is left. */
function budgetTier(remainingShare: number | null, thresholds: CostThresholds): keyof typeof costWeights {
  if (remainingShare === null) return "ample";
  if (remainingShare < 1 - thresholds.critical) return "critical";
  return remainingShare < 1 - thresholds.warning ? "warning" : "ample";
}
