/**
 * The connection to Redis that the parts of the process share.
 *
 * A call never waits for it: while it is away commands fail at once, and one that is not answered within 50 ms counts as
 * failed. After three such silences in a row nothing is asked for a moment, so that few calls find out, not each.
 */
import { Redis } from "ioredis";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logging.ts";
import type { RedisClient } from "../costs/budgets/redis.ts";

export interface RedisConnection {
  /** The client with the time limit on each command. */
  readonly commands: RedisClient;
  /** Whether commands can be sent at the moment. */
  isUp(): boolean;
  close(): void;
}

/** The longest wait for an answer. */
export const redisPatienceMs = 50;
/** How long nothing is asked after answers that did not come, and how many. */
const silenceMs = 500;
const missesToSilence = 3;
/** A timer that comes so much later than it should tells of a busy process. */
const lateTimerMs = 10;
/** How long a start waits for the connection; it comes about later all the same. */
const connectPatienceMs = 1_000;

/** Connects, or goes on trying: resolves in either case after a second at most. */
export async function connectRedis(url: string, clock: Clock, logger: Logger): Promise<RedisConnection> {
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 2_000,
    retryStrategy: (attempts) => Math.min(100 * 2 ** attempts, 2_000),
  });
  tellChanges(client, logger);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, connectPatienceMs);
  await Promise.race([client.connect().catch(() => undefined), late]);
  clearTimeout(timer);
  return {
    commands: withTimeLimit(client, clock),
    isUp: () => client.status === "ready",
    close: () => client.disconnect(),
  };
}

/** Tells when it goes away and when it is back, once each: attempts to reconnect fail many times. */
function tellChanges(client: Redis, logger: Logger): void {
  let isAway = false;
  client.on("error", (error: Error) => {
    if (!isAway) logger.error({ error: error.message }, "Redis is away: the router goes on trying");
    isAway = true;
  });
  client.on("ready", () => {
    if (isAway) logger.info({}, "Redis is back");
    isAway = false;
  });
}

/** `client` with a limit on each command's answer. */
export function withTimeLimit(client: RedisClient, clock: Clock): RedisClient {
  const silence = { until: 0, misses: 0 };
  const limited = (send: () => Promise<unknown>): Promise<unknown> => {
    if (clock.monotonicMs() < silence.until) return Promise.reject(new Error("Redis has just not answered in time"));
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        if (++silence.misses >= missesToSilence) silence.until = clock.monotonicMs() + silenceMs;
        reject(new Error(`Redis did not answer within ${redisPatienceMs} ms`));
      };
      const stop = limitWait(giveUp, clock);
      const end = (): void => {
        stop();
        silence.misses = 0;
      };
      // An error that Redis sends is an answer too; one of the connection comes at once.
      send().then(resolve, reject).finally(end);
    });
  };
  return {
    eval: (script, keyCount, ...rest) => limited(() => client.eval(script, keyCount, ...rest)),
    evalsha: (sha, keyCount, ...rest) => limited(() => client.evalsha(sha, keyCount, ...rest)),
  };
}

/**
 * Calls `giveUp` after the patience, unless it is stopped. Time in which this process was busy with other things is not
 * Redis's: a timer that came late waits once more, and one round of reading goes before the verdict.
 */
function limitWait(giveUp: () => void, clock: Clock): () => void {
  let isOver = false;
  const startedAt = clock.monotonicMs();
  const decide = (): void => {
    if (!isOver) giveUp();
  };
  let timer = setTimeout(() => {
    const lateMs = clock.monotonicMs() - startedAt - redisPatienceMs;
    if (lateMs < lateTimerMs) setImmediate(decide);
    else timer = setTimeout(() => setImmediate(decide), redisPatienceMs);
  }, redisPatienceMs);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
