import type { Fault } from "../fault.ts";

export const redisStopped: Fault = {
  name: "redis-stopped",
  title: "Redis is killed; calls go on without it",
  alert: "RedisDown",
  needsRedis: true,
  settings: { budgets: { caps: [{ scope: "all", daily: 1000 }] } },
  inject: ({ redis }) => redis.kill(),
  mend: ({ redis }) => redis.start(),
};
