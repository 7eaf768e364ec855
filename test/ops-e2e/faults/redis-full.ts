import type { Fault } from "../fault.ts";

export const redisFull: Fault = {
  name: "redis-full",
  title: "Redis fills up to its limit",
  alert: "RedisHighMemory",
  needsRedis: true,
  inject: ({ redis }) => {
    // Others' keys, 95 % of what Redis may use with what it already does.
    redis.command("debug", "populate", "50000", "filler", "100");
    const used = Number(/^used_memory:(\d+)/m.exec(redis.command("info", "memory"))?.[1]);
    redis.command("config", "set", "maxmemory", String(Math.round(used / 0.95)));
  },
  mend: ({ redis }) => void redis.command("config", "set", "maxmemory", "1gb"),
};
