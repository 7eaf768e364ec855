/**
 * What lives as long as the process: state that calls have built up, the ledger, and everybody who hears of finished
 * calls. Runtimes come and go with configurations.
 */
import { createAlertStore } from "../alerting/received/alert-store.ts";
import type { AlertStore } from "../alerting/received/alert-store.ts";
import type { Config } from "../config/schema.ts";
import { systemClock } from "../core/clock.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logging.ts";
import type { CallRecord } from "../core/record.ts";
import type { LimitStore } from "../gateway/limits/limit-store.ts";
import { createMemoryLimits } from "../gateway/limits/memory-limits.ts";
import { createRedisLimits } from "../gateway/limits/redis-limits.ts";
import { createOpenCalls } from "../gateway/open-calls.ts";
import type { OpenCalls } from "../gateway/open-calls.ts";
import type { ProviderCondition } from "../monitoring/health/provider-health.ts";
import { createBreakerBoard } from "../providers/breaker-board.ts";
import type { BreakerBoard } from "../providers/breaker-board.ts";
import type { Affinity } from "../routing/affinity.ts";
import { createProcessCache } from "./create-caching.ts";
import type { ProcessCache } from "./create-caching.ts";
import { createMonitoring } from "./create-monitoring.ts";
import type { Monitoring } from "./create-monitoring.ts";
import { createMoney } from "./create-money.ts";
import type { Money } from "./create-money.ts";
import { createLearned } from "./create-optimization.ts";
import type { Learned } from "./create-optimization.ts";
import { noNews } from "./instance-news.ts";
import type { InstanceNews } from "./instance-news.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { createRedisNews } from "./redis-news.ts";
import { hearBreakers, tellBreakers } from "./share-breakers.ts";
import { createProcessAffinity } from "./share-sessions.ts";

/** A process that died no longer counts as running calls after so long. */
const leaseMs = 30_000;

export interface ProcessState extends Monitoring, Money {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly openCalls: OpenCalls;
  readonly limits: LimitStore;
  readonly breakers: BreakerBoard;
  readonly affinity: Affinity;
  readonly news: InstanceNews;
  readonly learned: Learned;
  readonly answerCache: ProcessCache;
  /** What Alertmanager told. */
  readonly alerts: AlertStore;
  readonly recordSinks: readonly ((record: CallRecord) => void)[];
  close(): Promise<void>;
}

/**
 * `conditionOf`: breakers and credentials of a provider, as the runtime of the moment has them. `print`: tells whoever
 * sent a signal what came of it.
 */
export async function createProcessState(
  config: Config,
  logger: Logger,
  conditionOf: (provider: string, nowMs: number) => ProviderCondition,
  print: (line: string) => void = () => undefined,
): Promise<ProcessState> {
  const clock = systemClock;
  const money = await createMoney(config, clock, logger);
  const openCalls = createOpenCalls(
    { maxCalls: config.server.maxCalls, pingAfterMs: config.stream.pingAfterMs },
    clock,
  );
  const monitoring = createMonitoring({ config, logger, clock, openCalls, conditionOf, print });
  const { metrics, providerHealth } = monitoring;
  money.budgets.subscribe(({ kind, bucket }) => metrics.incrementBudgetEvent(kind, bucket.scope, bucket.period));
  const limits = createLimits(money.redis, logger);
  const news = money.redis === null ? noNews : createRedisNews(money.redis);
  const tell = tellBreakers(news, clock, () => breakers);
  const breakers = createBreakerBoard({
    settings: config.breaker,
    onEvent: (event) => {
      metrics.incrementBreakerTransition(event.target.provider, event.to === "half-open" ? "half_open" : event.to);
      logger.warn({ ...event }, "a circuit breaker changed its state");
      tell(event);
    },
  });
  hearBreakers(news, clock, breakers);
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
    answerCache,
    learned,
    alerts: createAlertStore(money.ledger.tables, clock),
    recordSinks: [
      (record) => money.ledger.append(record),
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

function createLimits(redis: RedisConnection | null, logger: Logger): LimitStore {
  if (redis === null) return createMemoryLimits();
  const { commands: client, keyPrefix, processId } = redis;
  return createRedisLimits({ client, keyPrefix, processId, logger: logger.child({ component: "limits" }), leaseMs });
}
