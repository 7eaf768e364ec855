/** The ranking while cost-aware routing is off: the candidates in their order, said so, scored all the same. Pure. */
import { rankTargets } from "./rank-targets.ts";
import type { RankCandidate } from "./rank-candidates.ts";
import type { ProviderRanking } from "./rank-targets.ts";
import type { CostThresholds } from "./score-weights.ts";

/** Scores fall with the place, as the order is what counts; the parts are those that a ranking would weigh. */
export function rankingInGivenOrder(
  candidates: readonly RankCandidate[],
  thresholds: CostThresholds,
): readonly ProviderRanking[] {
  const ranked = rankTargets(candidates, { remainingBudgetShare: null, thresholds });
  return candidates.map(({ target }, index) => {
    const one = ranked.find(({ provider, model }) => provider === target.provider && model === target.model)!;
    return {
      ...one,
      score: 1 - index / candidates.length,
      reasoning: `place ${index + 1} as configured: cost-aware routing is off`,
    };
  });
}
