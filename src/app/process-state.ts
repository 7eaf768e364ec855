/**
 * What lives as long as the process: state that calls have built up, the ledger, and everybody who hears of finished
 * calls. Runtimes come and go with configurations.
 */
import { RecentActivity } from "../admin/console-activity.ts";
import type { Config } from "../config/schema.ts";
import { systemClock } from "../core/clock.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logging.ts";
import type { CallRecord } from "../core/record.ts";
import { programVersion } from "../core/version.ts";
import { createAnnouncements, createLoadSpent } from "../costs/budgets/ledger-budgets.ts";
import type { BudgetStore } from "../costs/budgets/budget-store.ts";
import { createMemoryBudgetStore } from "../costs/budgets/memory.ts";
import { createExpectedCosts } from "../costs/expected-cost.ts";
import type { ExpectedCosts } from "../costs/expected-cost.ts";
import type { Ledger } from "../costs/ledger/ledger.ts";
import { createSqliteLedger } from "../costs/ledger/sqlite.ts";
import { createCallerLimiter } from "../gateway/caller-limits.ts";
import type { CallerLimiter } from "../gateway/caller-limits.ts";
import { createOpenCalls } from "../gateway/open-calls.ts";
import type { OpenCalls } from "../gateway/open-calls.ts";
import { createCallLog } from "../monitoring/call-log.ts";
import { ProviderHealthTracker } from "../monitoring/health/provider-health.ts";
import type { ProviderCondition } from "../monitoring/health/provider-health.ts";
import { EnhancedMetricsSystem } from "../monitoring/metrics-system.ts";
import { CallTracing } from "../monitoring/tracing/call-tracing.ts";
import { createBreakerBoard } from "../providers/breaker-board.ts";
import type { BreakerBoard } from "../providers/breaker-board.ts";
import { createAffinity } from "../routing/affinity.ts";
import type { Affinity } from "../routing/affinity.ts";
import { runningTraces } from "./views.ts";

export interface ProcessState {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly openCalls: OpenCalls;
  readonly limiter: CallerLimiter;
  readonly breakers: BreakerBoard;
  readonly affinity: Affinity;
  readonly ledger: Ledger;
  readonly budgetStore: BudgetStore;
  readonly expectedCosts: ExpectedCosts;
  readonly metrics: EnhancedMetricsSystem;
  readonly providerHealth: ProviderHealthTracker;
  readonly tracing: CallTracing;
  readonly activity: RecentActivity;
  readonly recordSinks: readonly ((record: CallRecord) => void)[];
  close(): Promise<void>;
}

/** `conditionOf`: breakers and credentials of a provider, as the runtime of the moment has them. */
export function createProcessState(
  config: Config,
  logger: Logger,
  conditionOf: (provider: string, nowMs: number) => ProviderCondition,
): ProcessState {
  const clock = systemClock;
  const openCalls = createOpenCalls(
    { maxCalls: config.server.maxCalls, pingAfterMs: config.stream.pingAfterMs },
    clock,
  );
  const ledger = createSqliteLedger({
    path: config.ledger.sqlitePath,
    clock,
    logger: logger.child({ component: "ledger" }),
  });
  const budgetStore = createMemoryBudgetStore({
    clock,
    loadSpent: createLoadSpent(ledger),
    announce: createAnnouncements(ledger, clock),
  });
  const metrics = createMetrics(config, logger);
  const providerHealth = new ProviderHealthTracker(clock, conditionOf);
  const { sampleRatio, maxKept } = config.monitoring.traces;
  const tracing = new CallTracing({ sampleRatio, maxKept, running: () => runningTraces(openCalls) });
  const activity = new RecentActivity();
  return {
    clock,
    random: Math.random,
    logger,
    openCalls,
    limiter: createCallerLimiter(),
    breakers: createBreakerBoard({
      settings: config.breaker,
      onEvent: (event) => logger.warn({ ...event }, "a circuit breaker changed its state"),
    }),
    affinity: createAffinity(config.routing.affinity),
    ledger,
    budgetStore,
    expectedCosts: createExpectedCosts(),
    metrics,
    providerHealth,
    tracing,
    activity,
    recordSinks: [
      (record) => metrics.observeCall(record),
      (record) => ledger.append(record),
      createCallLog(logger),
      (record) => providerHealth.observe(record),
      (record) => tracing.observe(record),
      (record) => activity.observe(record),
    ],
    close: async () => {
      openCalls.stop();
      metrics.close();
      await tracing.close();
      await ledger.close();
    },
  };
}

function createMetrics({ monitoring }: Config, logger: Logger): EnhancedMetricsSystem {
  return new EnhancedMetricsSystem({ logger, version: programVersion(), userLabelLimit: monitoring.userLabelLimit });
}
