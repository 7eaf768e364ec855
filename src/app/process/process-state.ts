/**
 * What lives as long as the process: state that calls have built up, the ledger, and everybody who hears of finished
 * calls. Runtimes come and go with configurations.
 */
import { createAlertStore } from "../../alerting/received/alert-store.ts";
import type { AlertStore } from "../../alerting/received/alert-store.ts";
import type { Config } from "../../config/schema.ts";
import { systemClock } from "../../core/time/clock.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import { isStranger } from "../../core/caller.ts";
import type { CallRecord } from "../../core/record.ts";
import type { LimitStore } from "../../gateway/limits/limit-store.ts";
import { createOpenCalls } from "../../gateway/open-calls.ts";
import type { OpenCalls } from "../../gateway/open-calls.ts";
import type { ProviderCondition } from "../../monitoring/health/provider-health.ts";
import type { BreakerBoard } from "../../providers/breaker-board.ts";
import { ThinkingSigners } from "../../providers/thinking-signers.ts";
import type { Affinity } from "../../routing/affinity.ts";
import { createProcessCache } from "./process-cache.ts";
import type { ProcessCache } from "./process-cache.ts";
import { createMonitoring } from "./create-monitoring.ts";
import type { Monitoring } from "./create-monitoring.ts";
import { createMoney } from "./create-money.ts";
import type { Money } from "./create-money.ts";
import { createLimits } from "./create-limits.ts";
import { createLearned } from "./learned.ts";
import type { Learned } from "./learned.ts";
import { noNews } from "../sharing/instance-news.ts";
import type { InstanceNews } from "../sharing/instance-news.ts";
import type { LiveParts } from "./live-parts.ts";
import { createRedisNews } from "../sharing/redis-news.ts";
import { createSharedBreakers } from "../sharing/share-breakers.ts";
import { createProcessAffinity } from "../sharing/share-sessions.ts";

export interface ProcessState extends Monitoring, Money {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly openCalls: OpenCalls;
  readonly limits: LimitStore;
  readonly breakers: BreakerBoard;
  readonly affinity: Affinity;
  readonly thinkingSigners: ThinkingSigners;
  readonly news: InstanceNews;
  readonly learned: Learned;
  readonly answerCache: ProcessCache;
  /** What Alertmanager told. */
  readonly alerts: AlertStore;
  readonly recordSinks: readonly ((record: CallRecord) => void)[];
  close(): Promise<void>;
}

export interface ProcessStateParts {
  readonly config: Config;
  readonly logger: Logger;
  /** What runs at the moment. */
  readonly live: () => LiveParts;
  /** Tells whoever sent a signal what came of it. */
  readonly print?: ((line: string) => void) | undefined;
  /** How workers are told, where there is no Redis by which they hear. */
  readonly workerNews?: InstanceNews | undefined;
}

/** Rejects where the ledger cannot be opened. */
export async function createProcessState({
  config,
  logger,
  live,
  print = () => undefined,
  workerNews = noNews,
}: ProcessStateParts): Promise<ProcessState> {
  const clock = systemClock;
  const money = await createMoney(config, clock, logger);
  const { maxCalls } = config.server;
  const { pingAfterMs } = config.stream;
  const openCalls = createOpenCalls({ maxCalls, pingAfterMs }, clock);
  const runningTraces = () => live().runningTraces();
  const condition = (provider: string) => conditionOf(live(), provider);
  const monitoring = createMonitoring({ config, logger, clock, runningTraces, conditionOf: condition, print });
  const { metrics, providerHealth } = monitoring;
  countBudgets(money, monitoring);
  const limits = createLimits(money.redis, logger);
  const news = money.redis === null ? workerNews : createRedisNews(money.redis);
  const breakers = createSharedBreakers(config.breaker, news, clock, (event) => {
    // Workers tell each change of theirs; what they tell each other leaves out the probes.
    if (workerNews === noNews || !event.isNews) metrics.incrementBreakerTransition(event.target.provider, event.to);
    logger.warn({ ...event }, "a circuit breaker changed its state");
  });
  const learned = createLearned();
  const answerCache = createProcessCache(config, money.redis, news, clock);
  return {
    ...monitoring,
    ...money,
    configure(next) {
      money.configure(next);
      answerCache.configure(next);
    },
    clock,
    random: Math.random,
    logger,
    openCalls,
    limits,
    breakers,
    news,
    affinity: createProcessAffinity(config.routing.affinity, money.redis, news, clock),
    thinkingSigners: new ThinkingSigners(),
    answerCache,
    learned,
    alerts: createAlertStore(money.ledger.tables, clock),
    recordSinks: [
      (record) => {
        if (!isStranger(record.caller)) money.ledger.append(record);
      },
      (record) => providerHealth.observe(record),
      (record) => learned.observe(record),
    ],
    close: async () => {
      openCalls.stop();
      limits.close();
      await monitoring.close();
      await money.close();
    },
  };
}

function countBudgets({ budgets }: Money, { metrics }: Monitoring): void {
  budgets.subscribe(({ kind, bucket }) => metrics.incrementBudgetEvent(kind, bucket.scope, bucket.period));
  budgets.onRefused((buckets) => {
    for (const { scope, period } of buckets) metrics.incrementBudgetRefusal(scope, period);
  });
}

function conditionOf(live: LiveParts, provider: string): ProviderCondition {
  return {
    breakers: live
      .breakers()
      .filter(({ target }) => target.provider === provider)
      .map(({ kind }) => kind),
    credentials: live.credentials(provider),
  };
}
