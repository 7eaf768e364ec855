/** What a period saved, and against what: a saving without its counterfactual is an advertisement. */
import { usdFromSum } from "../../core/money.ts";
import type { Sums } from "../ledger/ledger.ts";

export interface SavingsReport {
  readonly answerCacheUsd: number;
  /** May be negative: cache writes that were not read again. */
  readonly promptCacheUsd: number;
  readonly routingUsd: number;
  readonly actualUsd: number;
  /** What the same work would have cost without any of them. */
  readonly potentialUsd: number;
  /** Saved share of `potentialUsd`, in percent. */
  readonly savingsPercent: number;
  /** One sentence for each saving. */
  readonly counterfactuals: Readonly<Record<"answerCache" | "promptCache" | "routing", string>>;
}

const counterfactuals: SavingsReport["counterfactuals"] = {
  answerCache: "the provider asked again for every answer that the router's cache gave, at the prices of the moment",
  promptCache: "the same input tokens without the provider's prompt cache, neither read from nor written to",
  routing: "the same tokens at the target that would have been tried first without cost-aware routing",
};

/** Savings of the calls behind `sums`. */
export function savingsReportOf(sums: Sums): SavingsReport {
  const { savedByAnswerCacheNanoUsd, savedByPromptCacheNanoUsd, savedByRoutingNanoUsd, costNanoUsd } = sums;
  const savedNanoUsd = savedByAnswerCacheNanoUsd + savedByPromptCacheNanoUsd + savedByRoutingNanoUsd;
  const potentialUsd = usdFromSum(costNanoUsd + savedNanoUsd);
  return {
    answerCacheUsd: usdFromSum(savedByAnswerCacheNanoUsd),
    promptCacheUsd: usdFromSum(savedByPromptCacheNanoUsd),
    routingUsd: usdFromSum(savedByRoutingNanoUsd),
    actualUsd: usdFromSum(costNanoUsd),
    potentialUsd,
    savingsPercent: potentialUsd === 0 ? 0 : (usdFromSum(savedNanoUsd) / potentialUsd) * 100,
    counterfactuals,
  };
}
