/** Choosing by cost, and the optimizer, over what the router has learned. */
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import { usdFromNanoUsd } from "../../core/money.ts";
import type { NanoUsd } from "../../core/money.ts";
import type { Budgets } from "../../costs/budgets/budgets.ts";
import type { Ledger } from "../../costs/ledger/ledger.ts";
import type { PriceBook } from "../../costs/prices/price-book.ts";
import type { CostRouting } from "../../gateway/plan/order-by-cost.ts";
import type { QualityTracker } from "../../monitoring/quality/quality-tracker.ts";
import { CostOptimizer } from "../../optimization/cost-optimizer.ts";
import type { CostOptimizationConfig } from "../../optimization/cost-optimizer-types.ts";
import type { TargetKnowledge } from "../../optimization/sessions/estimate-session.ts";
import type { TargetMeasures } from "../../optimization/ranking/rank-candidates.ts";
import { defaultSmartRoutingRules } from "../../optimization/ranking/smart-routing.ts";
import type { Provider } from "../../providers/provider.ts";
import type { Learned } from "../process/learned.ts";
import { cacheRulesBy } from "../process/learned.ts";

/** Of the process: what an optimizer reads. */
interface OptimizerState {
  readonly ledger: Ledger;
  readonly budgets: Budgets;
  readonly learned: Learned;
  readonly quality: Pick<QualityTracker, "find">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The gateway's part; null where targets keep the order of the rules. */
export function createCostRouting(
  config: Config,
  state: Pick<OptimizerState, "learned" | "quality">,
  priceBook: PriceBook,
): CostRouting | null {
  const { optimizationStrategies: strategies, costThresholds: thresholds } = config.optimization;
  if (!strategies.costAwareRouting) return null;
  return {
    knowledge: knowledgeOf(state, priceBook),
    sessions: state.learned.sessions,
    remainingShares: state.learned.remainingShares,
    thresholds,
    smartRouting: { isEnabled: strategies.smartRouting, rules: defaultSmartRoutingRules },
    countsBudgets: strategies.budgetEnforcement,
    ...measuresOf(state),
  };
}

/** The optimizer for operators and programs. Its owner closes it. */
export function createOptimizer(
  config: Config,
  state: OptimizerState,
  priceBook: PriceBook,
  providers: Iterable<Provider>,
): CostOptimizer {
  const { costThresholds, optimizationStrategies } = config.optimization;
  const all = [...providers];
  const names = new Set(all.map(({ name }) => name));
  const targets = all.flatMap(({ name, models }) => [...models].map((model) => ({ provider: name, model })));
  return new CostOptimizer(
    {
      budgets: dollarBudgets(config.optimization),
      costThresholds,
      optimizationStrategies,
    },
    {
      ledger: state.ledger,
      budgets: state.budgets,
      knowledge: knowledgeOf(state, priceBook),
      ...measuresOf(state),
      sessions: state.learned.sessions,
      targets,
      isConfigured: (provider) => names.has(provider),
      answerCacheTtlMs: config.cache.enabled ? null : config.cache.l1.ttlMs,
      clock: state.clock,
      logger: state.logger,
    },
  );
}

/** The budgets of `optimization` in US dollars, as the optimizer states them. */
function dollarBudgets({ budgets }: Config["optimization"]): CostOptimizationConfig["budgets"] {
  const usd = (amount: NanoUsd | null): number | null => (amount === null ? null : usdFromNanoUsd(amount));
  return { daily: usd(budgets.dailyNanoUsd), weekly: usd(budgets.weeklyNanoUsd), monthly: usd(budgets.monthlyNanoUsd) };
}

function knowledgeOf({ learned }: Pick<OptimizerState, "learned">, priceBook: PriceBook): TargetKnowledge {
  return {
    pricesFor: (target, atMs, contextTokens) => priceBook.pricesFor(target, atMs, contextTokens),
    tokensOf: (bytes, model) => learned.ratios.tokensOf(bytes, model),
    rulesOf: cacheRulesBy(learned.providerKinds),
    reuseOf: (target) => learned.sessions.reuseOf(target),
  };
}

function measuresOf({ learned, quality }: Pick<OptimizerState, "learned" | "quality">): TargetMeasures {
  return {
    qualityOf: (target) => {
      const found = quality.find(target);
      return found === null ? null : { value: found.score, samples: found.answers };
    },
    latencyOf: (target) => learned.latencies.find(target),
  };
}
