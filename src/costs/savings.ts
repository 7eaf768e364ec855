/**
 * What a call did not cost, each against a stated counterfactual:
 *
 * - answer cache: the provider would have been asked again and charged for the same tokens;
 * - provider's prompt cache: the same input tokens, none of them cached. Writing to the cache costs more than that, so
 *   a prefix that is never read again shows as a loss;
 * - routing: the same usage at the target that would have been taken without it.
 */
import { isServedByCache } from "../core/record.ts";
import type { AppliedPrices, CacheStatus, CallSavings } from "../core/record.ts";
import { totalInput } from "../core/usage.ts";
import type { Usage } from "../core/usage.ts";
import { costOfUsage } from "./cost-of-usage.ts";

export interface SavingsQuestion {
  /** Of the answer, also of one that came from the answer cache. */
  readonly usage: Usage;
  readonly prices: AppliedPrices;
  readonly cacheStatus: CacheStatus;
  /** Prices at the target that the plan without cost-aware routing would have tried first; null: the same. */
  readonly unroutedPrices: AppliedPrices | null;
}

/** The savings of one call. A call served by the answer cache saves all of its cost there and nothing elsewhere. */
export function savingsOf(question: SavingsQuestion): CallSavings {
  const { usage, prices, unroutedPrices } = question;
  const cost = costOfUsage(usage, prices).nanoUsd;
  if (isServedByCache(question)) return { answerCache: cost, promptCache: 0, routing: 0 };
  return {
    answerCache: 0,
    promptCache: costOfUsage(withoutPromptCache(usage), prices).nanoUsd - cost,
    routing: unroutedPrices === null ? 0 : costOfUsage(usage, unroutedPrices).nanoUsd - cost,
  };
}

function withoutPromptCache(usage: Usage): Usage {
  const uncached = { ...usage, uncachedInput: totalInput(usage), cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
  if (usage.furtherModels === undefined) return uncached;
  const furtherModels = usage.furtherModels.map((one) => ({ ...one, usage: withoutPromptCache(one.usage) }));
  return { ...uncached, furtherModels };
}
