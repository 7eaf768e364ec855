/** Opens the connection to Redis that a configuration names, whose client is loaded only then. */
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** null where none is named. A Redis that is away is no error: it is tried again and again. */
export async function openRedis(
  { redis }: Pick<Config, "redis">,
  clock: Clock,
  logger: Logger,
): Promise<RedisConnection | null> {
  if (redis === null) return null;
  const { connectRedis } = await import("./redis-connection.ts");
  return connectRedis(redis, clock, logger.child({ component: "redis" }));
}
