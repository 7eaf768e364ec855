/** What lives as long as a worker: state that its own calls have built up, and its lines to what all workers share. */
import type { Config } from "../../config/schema.ts";
import { createAgeClock, systemClock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { createOpenCalls } from "../../gateway/open-calls.ts";
import { EnhancedMetricsSystem } from "../../monitoring/metrics-system.ts";
import { QualityTracker } from "../../monitoring/quality/quality-tracker.ts";
import { ThinkingSigners } from "../../providers/thinking-signers.ts";
import { createSharedAffinity } from "../../routing/shared-affinity.ts";
import { createProcessCache } from "../process/process-cache.ts";
import type { CallState } from "../runtime/create-gateway.ts";
import { createLearned } from "../process/learned.ts";
import type { InstanceNews } from "../sharing/instance-news.ts";
import { createAnswerJudge } from "../process/judge-answers.ts";
import { ownLiveParts } from "../process/live-parts.ts";
import type { LiveParts } from "../process/live-parts.ts";
import { createLimits } from "../process/create-limits.ts";
import { openRedis } from "../redis/open-redis.ts";
import type { RedisConnection } from "../redis/redis-connection.ts";
import { createRedisNews } from "../sharing/redis-news.ts";
import { createSharedBreakers } from "../sharing/share-breakers.ts";
import { createProcessAffinity, hearMoves } from "../sharing/share-sessions.ts";
import type { Link } from "./link.ts";
import type { NewsMessage, Transition, WorkerLook } from "./messages.ts";
import { OverCalls } from "./over-calls.ts";
import { remoteBudgets, remoteLimits, remoteNews, remoteSessions } from "./worker-remotes.ts";
import { workerCount } from "../process/worker-count.ts";

export interface WorkerState {
  readonly calls: CallState;
  /** Which gateway `look` tells of. */
  show(gateway: () => Gateway): void;
  configure(config: Config): void;
  hear(news: NewsMessage): void;
  look(): Promise<WorkerLook>;
  /** Tells the parent what it does not know yet. */
  close(): void;
}

/** `link`: to the parent. Without Redis limits, sessions and news are asked of it; money always is. Its owner closes the state. */
export async function createWorkerState(config: Config, logger: Logger, link: Link): Promise<WorkerState> {
  const clock = systemClock;
  const redis = await openRedis(config, clock, logger);
  const relayed = remoteNews(link);
  const news: InstanceNews = redis === null ? relayed : createRedisNews(redis);
  const openCalls = createOpenCalls({ maxCalls: maxCallsOf(config), pingAfterMs: config.stream.pingAfterMs }, clock);
  const learned = createLearned();
  const quality = new QualityTracker(clock, silentSink);
  const answerCache = createProcessCache(config, redis, news, clock);
  const metrics = new EnhancedMetricsSystem({ logger });
  const over = new OverCalls(createAnswerJudge(quality, clock), link, logger);
  const budgets = remoteBudgets(link, (settled) => over.settle(settled));
  const calls: CallState = {
    clock,
    random: Math.random,
    logger,
    openCalls,
    limits: redis === null ? remoteLimits(link) : createLimits(redis, logger),
    breakers: createBreakers(config, news, logger, link),
    affinity: createAffinity(config, redis, news, link),
    thinkingSigners: new ThinkingSigners(),
    learned,
    quality,
    answerCache,
    budgets,
    recordSinks: [(record) => learned.observe(record)],
    answerSink: (record, facts, request) => over.add(record, facts, request),
    budgetUse: { observe: () => undefined }, // the parent's, which holds the money
    performance: { observe: () => undefined },
  };
  const shown: { gateway: (() => Gateway) | null } = { gateway: null };
  const live = ownLiveParts(
    () => shown.gateway!(),
    () => answerCache.answers.stats(),
  );
  return {
    calls,
    show: (gateway) => void (shown.gateway = gateway),
    configure: (next) => {
      answerCache.configure(next);
      budgets.doubt();
    },
    hear: (message) => relayed.hear(message),
    async look() {
      over.flush();
      const providers = [...shown.gateway!().providers.keys()];
      return { ...lookAt(live, providers), metrics: processMetrics(await metrics.snapshot()) };
    },
    close: () => {
      over.flush();
      openCalls.stop();
      metrics.close();
      calls.limits.close();
      redis?.close();
    },
  };
}

function maxCallsOf({ server }: Config): number {
  return Math.ceil(server.maxCalls / workerCount(server.workers));
}

function lookAt(live: LiveParts, providers: readonly string[]): Omit<WorkerLook, "metrics"> {
  return {
    callsInFlight: live.callsInFlight(),
    calls: live.calls(),
    traces: [...live.runningTraces()],
    upstreams: live.upstreams(),
    callsByProvider: [...live.callsByProvider()],
    breakers: live.breakers(),
    credentials: providers.map((name) => [name, live.credentials(name)] as const),
    cache: live.cacheStats(),
  };
}

function createBreakers({ breaker }: Config, news: InstanceNews, logger: Logger, link: Link): CallState["breakers"] {
  return createSharedBreakers(breaker, news, systemClock, (event) => {
    logger.warn({ ...event }, "a circuit breaker changed its state");
    const { target, to, isNews } = event;
    if (!isNews) link.tell("transition", { target, to } satisfies Transition);
  });
}

function createAffinity(
  { routing }: Config,
  redis: RedisConnection | null,
  news: InstanceNews,
  link: Link,
): CallState["affinity"] {
  if (redis !== null) return createProcessAffinity(routing.affinity, redis, news, systemClock);
  const affinity = createSharedAffinity(routing.affinity, remoteSessions(link, news), createAgeClock(systemClock));
  hearMoves(news, affinity);
  return affinity;
}

/** What a process has of its own; all else is counted in the parent. */
function processMetrics(snapshot: WorkerLook["metrics"]): WorkerLook["metrics"] {
  const own = /^(process_|ccr_(memory|cpu|event_loop|gc)_)/;
  return snapshot.filter(({ name }) => own.test(name));
}

const silentSink: ConstructorParameters<typeof QualityTracker>[1] = {
  observeQuality: () => undefined,
  incrementToolDecision: () => undefined,
  incrementToolResult: () => undefined,
};
