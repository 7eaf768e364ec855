/** What the router learns for choosing by cost, and the optimizer over it. */
import type { Config } from "../config/schema.ts";
import type { CallRecord } from "../core/record.ts";
import { usdFromNanoUsd } from "../core/money.ts";
import type { NanoUsd } from "../core/money.ts";
import type { Target } from "../core/target.ts";
import type { PriceBook } from "../costs/price-book.ts";
import type { CostRouting } from "../gateway/order-by-cost.ts";
import type { QualityTracker } from "../monitoring/quality/quality-tracker.ts";
import { CostOptimizer } from "../optimization/cost-optimizer.ts";
import type { CostOptimizationConfig } from "../optimization/cost-optimizer-types.ts";
import type { TargetKnowledge } from "../optimization/estimate-session.ts";
import { promptCacheRulesOf } from "../optimization/prompt-cache-rules.ts";
import type { Measured } from "../optimization/rank-targets.ts";
import { createRemainingShares } from "../optimization/remaining-shares.ts";
import type { RemainingShares } from "../optimization/remaining-shares.ts";
import { createSessionCaches } from "../optimization/session-caches.ts";
import type { SessionCaches } from "../optimization/session-caches.ts";
import { defaultSmartRoutingRules } from "../optimization/smart-routing.ts";
import { createTargetLatencies } from "../optimization/target-latencies.ts";
import type { TargetLatencies } from "../optimization/target-latencies.ts";
import { createTokenRatios } from "../optimization/token-ratios.ts";
import type { TokenRatios } from "../optimization/token-ratios.ts";
import type { Provider } from "../providers/provider.ts";
import type { ProcessState } from "./process-state.ts";

/** Outlives configurations. */
export interface Learned {
  readonly sessions: SessionCaches;
  readonly ratios: TokenRatios;
  readonly latencies: TargetLatencies;
  readonly remainingShares: RemainingShares;
  /** Catalog kinds of the providers in use, by name. */
  readonly providerKinds: Map<string, string>;
  observe(record: CallRecord): void;
}

const maxConversations = 10_000;
const maxCallers = 10_000;

export function createLearned(): Learned {
  const providerKinds = new Map<string, string>();
  const rulesOf = rulesBy(providerKinds);
  const sessions = createSessionCaches({ maxConversations, rulesOf });
  const ratios = createTokenRatios();
  const latencies = createTargetLatencies();
  return {
    sessions,
    ratios,
    latencies,
    remainingShares: createRemainingShares(maxCallers),
    providerKinds,
    observe(record) {
      if (record.endpoint === "count-tokens") return;
      sessions.observe(record);
      ratios.observe(record);
      latencies.observe(record);
    },
  };
}

/** The gateway's part; null where targets keep the order of the rules. */
export function createCostRouting(
  config: Config,
  state: { readonly learned: Learned; readonly quality: Pick<QualityTracker, "find"> },
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
    qualityOf: qualityBy(state.quality),
    latencyOf: (target) => state.learned.latencies.find(target),
  };
}

/** The optimizer for operators and programs. Its owner closes it. */
export function createOptimizer(
  config: Config,
  state: ProcessState,
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
      qualityOf: qualityBy(state.quality),
      latencyOf: (target) => state.learned.latencies.find(target),
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

function knowledgeOf({ learned }: Pick<ProcessState, "learned">, priceBook: PriceBook): TargetKnowledge {
  return {
    pricesFor: (target, atMs, contextTokens) => priceBook.pricesFor(target, atMs, contextTokens),
    tokensOf: (bytes, model) => learned.ratios.tokensOf(bytes, model),
    rulesOf: rulesBy(learned.providerKinds),
    reuseOf: (target) => learned.sessions.reuseOf(target),
  };
}

function rulesBy(kinds: ReadonlyMap<string, string>): TargetKnowledge["rulesOf"] {
  return ({ provider, model }) => promptCacheRulesOf(kinds.get(provider) ?? provider, model);
}

function qualityBy(quality: Pick<QualityTracker, "find">): (target: Target) => Measured | null {
  return (target) => {
    const found = quality.find(target);
    return found === null ? null : { value: found.score, samples: found.answers };
  };
}
