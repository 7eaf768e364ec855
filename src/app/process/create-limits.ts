/** The limits of the process: by itself, or shared with other instances through Redis. */
import type { Logger } from "../../core/log/logging.ts";
import type { LimitStore } from "../../gateway/limits/limit-store.ts";
import { createMemoryLimits } from "../../gateway/limits/memory-limits.ts";
import { RedisLimits } from "../../gateway/limits/redis-limits.ts";
import type { RedisConnection } from "../redis/redis-connection.ts";

/** A process that died no longer counts as running calls after so long. */
const leaseMs = 30_000;

export function createLimits(redis: RedisConnection | null, logger: Logger): LimitStore {
  if (redis === null) return createMemoryLimits();
  const { commands: client, keyPrefix, processId } = redis;
  return new RedisLimits({ client, keyPrefix, processId, logger: logger.child({ component: "limits" }), leaseMs });
}
