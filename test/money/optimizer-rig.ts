/** A CostOptimizer on a real ledger and real budgets, for its tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "../../src/core/time/clock.ts";
import type { ManualClock } from "../../src/core/time/clock.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import type { AppliedPrices } from "../../src/core/record.ts";
import type { Target } from "../../src/core/target.ts";
import { Budgets } from "../../src/costs/budgets/budgets.ts";
import type { BudgetCap } from "../../src/core/money-settings.ts";
import { createAnnouncements, createLoadSpent } from "../../src/costs/budgets/store/ledger-budgets.ts";
import { MemoryBudgetStore } from "../../src/costs/budgets/store/memory.ts";
import { createExpectedCosts } from "../../src/costs/expected-cost.ts";
import type { Ledger } from "../../src/costs/ledger/ledger.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite/sqlite.ts";
import { CostOptimizer } from "../../src/optimization/cost-optimizer.ts";
import type { BudgetLimitExceeded, CostOptimizationConfig } from "../../src/optimization/cost-optimizer-types.ts";
import { promptCacheRulesOf } from "../../src/optimization/sessions/prompt-cache-rules.ts";
import type { Measured } from "../../src/optimization/ranking/rank-candidates.ts";
import { createSessionCaches } from "../../src/optimization/sessions/session-caches.ts";
import { createTokenRatios } from "../../src/optimization/token-ratios.ts";

/** A Wednesday, the eighteenth of its month. */
export const startMs: number = Date.UTC(2026, 10, 18, 12);

const allOn: CostOptimizationConfig["optimizationStrategies"] = {
  cachingEnabled: true,
  smartRouting: true,
  budgetEnforcement: true,
  costAwareRouting: true,
};

interface Rig {
  readonly optimizer: CostOptimizer;
  readonly ledger: Ledger;
  readonly budgets: Budgets;
  readonly clock: ManualClock;
  readonly events: BudgetLimitExceeded[];
}

interface RigSettings {
  /** US dollars, of each user by itself. */
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly strategies?: Partial<CostOptimizationConfig["optimizationStrategies"]>;
  readonly usdPerMillion?: Readonly<Record<string, number>>;
  readonly isConfigured?: (provider: string) => boolean;
  readonly measured?: (target: Target) => Measured | null;
}

export async function withOptimizer(settings: RigSettings, run: (rig: Rig) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "optimizer-"));
  const clock = createManualClock(startMs);
  const ledger = createSqliteLedger({ path: join(folder, "l.sqlite"), clock, logger: silentLogger });
  const { daily = null, weekly = null, monthly = null, usdPerMillion = { dear: 4, cheap: 1 } } = settings;
  const nano = (usd: number | null): number | null => (usd === null ? null : usd * 1e9);
  const cap = { dailyNanoUsd: nano(daily), weeklyNanoUsd: nano(weekly), monthlyNanoUsd: nano(monthly) };
  const caps: BudgetCap[] = [{ scope: "user", id: null, ...cap }];
  const thresholds = { warning: 0.75, critical: 0.95 };
  const store = new MemoryBudgetStore({
    clock,
    loadSpent: createLoadSpent(ledger),
    announce: createAnnouncements(ledger, clock),
  });
  const budgets = new Budgets({
    settings: { enforcement: true, mode: "expected", onStoreFailure: "open", caps, thresholds },
    store,
    expectedCosts: createExpectedCosts(),
    seatCaps: () => [],
    clock,
    logger: silentLogger,
  });
  const rulesOf = (target: Target): ReturnType<typeof promptCacheRulesOf> => promptCacheRulesOf(target.provider, "m");
  const sessions = createSessionCaches({ maxConversations: 10, rulesOf });
  const ratios = createTokenRatios();
  const optimizer = new CostOptimizer(
    {
      budgets: { daily: null, weekly: null, monthly: null },
      costThresholds: thresholds,
      optimizationStrategies: { ...allOn, ...settings.strategies },
    },
    {
      ledger,
      budgets,
      knowledge: {
        pricesFor: ({ provider }) => pricesOf(usdPerMillion[provider] ?? 1),
        tokensOf: (bytes, model) => ratios.tokensOf(bytes, model),
        rulesOf,
        reuseOf: (target) => sessions.reuseOf(target),
      },
      sessions,
      qualityOf: settings.measured ?? (() => null),
      latencyOf: () => null,
      targets: [],
      isConfigured: settings.isConfigured ?? (() => true),
      answerCacheTtlMs: 3_600_000,
      clock,
      logger: silentLogger,
    },
  );
  const events: BudgetLimitExceeded[] = [];
  optimizer.on("budgetLimitExceeded", (event) => events.push(event));
  try {
    await run({ optimizer, ledger, budgets, clock, events });
  } finally {
    optimizer.close();
    await budgets.close();
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

function pricesOf(usdPerMillion: number): AppliedPrices {
  const input = Math.round(usdPerMillion * 1_000_000);
  return {
    uncachedInput: input,
    cacheRead: Math.round(input / 10),
    cacheWrite5m: input,
    cacheWrite1h: input,
    output: 5 * input,
    serverToolRequest: 0,
    source: "configuration",
  };
}
