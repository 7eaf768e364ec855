/** All recommendations for a period, the one that saves most first. */
import { recommendAlternativeTarget } from "./alternative-target.ts";
import { recommendAnswerCaching } from "./answer-caching.ts";
import { recommendBackgroundCalls } from "./background-calls.ts";
import { recommendFailedCalls } from "./failed-calls.ts";
import { recommendPeakHours } from "./peak-hours.ts";
import { recommendPromptCache } from "./prompt-cache.ts";
import type { Recommendation, RecommendationInputs } from "./recommendation.ts";
import { recommendUnusedHeadroom } from "./unused-headroom.ts";

const kinds: readonly ((inputs: RecommendationInputs) => Recommendation | null)[] = [
  recommendAnswerCaching,
  recommendPromptCache,
  recommendAlternativeTarget,
  recommendBackgroundCalls,
  recommendPeakHours,
  recommendFailedCalls,
  recommendUnusedHeadroom,
];

/** Each by itself: two that mean the same calls do not add up. */
export function recommend(inputs: RecommendationInputs): readonly Recommendation[] {
  return kinds
    .map((kind) => kind(inputs))
    .filter((one) => one !== null)
    .sort((a, b) => b.savingPerMonthUsd - a.savingPerMonthUsd);
}
