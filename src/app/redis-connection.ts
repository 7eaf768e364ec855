/**
 * The connection to Redis that the parts of the process share.
 *
 * A call never waits for it: while it is away commands fail at once, and one that is not answered within 50 ms counts as
 * failed. After such a silence nothing is asked for a moment, so that only one call finds out, not each.
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
/** How long nothing is asked after an answer that did not come. */
const silenceMs = 500;
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
  let silentUntil = 0;
  const limited = (send: () => Promise<unknown>): Promise<unknown> => {
    if (clock.monotonicMs() < silentUntil) return Promise.reject(new Error("Redis has just not answered in time"));
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        silentUntil = clock.monotonicMs() + silenceMs;
        reject(new Error(`Redis did not answer within ${redisPatienceMs} ms`));
      };
      // On a busy event loop the answer may be here and unread: one round of reading goes before the verdict.
      const timer = setTimeout(() => setImmediate(giveUp), redisPatienceMs);
      const end = (): void => clearTimeout(timer);
      send().then(resolve, reject).finally(end);
    });
  };
  return {
    eval: (script, keyCount, ...rest) => limited(() => client.eval(script, keyCount, ...rest)),
    evalsha: (sha, keyCount, ...rest) => limited(() => client.evalsha(sha, keyCount, ...rest)),
  };
}
