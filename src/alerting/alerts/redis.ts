/** Redis, as redis_exporter (Debian's prometheus-redis-exporter) shows it. */
import { perInstance } from "../alert-definition.ts";
import type { AlertGroup } from "../alert-definition.ts";

export const redisAlerts: AlertGroup = {
  name: "redis",
  needs: "redisExporter",
  alerts: [
    {
      name: "RedisDown",
      severity: "critical",
      team: "infrastructure",
      dashboard: "instance",
      for: "1m",
      // The exporter answers while Redis is down, and says so; `up` tells only of the exporter.
      expr: () => `redis_up{job="redis"} == 0 or up{job="redis"} == 0`,
      summary: "Redis is down",
      description:
        "Redis, or its exporter at {{ $labels.instance }}, has been down for more than a minute. Calls go on without shared cache and budgets.",
    },
    {
      name: "RedisAbsent",
      severity: "warning",
      team: "infrastructure",
      dashboard: "instance",
      for: "5m",
      expr: () => `absent(up{job="redis"}) or absent(redis_up{job="redis"})`,
      summary: "Nothing is known about Redis",
      description: "Prometheus has no figure of redis_exporter: whether Redis works cannot be told.",
      silenced: [{ by: "RedisDown", equal: [] }],
    },
    {
      name: "RedisHighMemory",
      severity: "warning",
      team: "infrastructure",
      dashboard: "instance",
      for: "5m",
      // maxmemory 0, the default, is no limit.
      expr: ({ limits }) => `redis_memory_used_bytes / (redis_memory_max_bytes > 0) > ${limits.redisMemoryRatio}`,
      summary: "Redis high memory usage",
      description:
        "Redis at {{ $labels.instance }} uses {{ $value | humanizePercentage }} of its maxmemory; at 100 % it refuses writes or drops keys.",
      silenced: [{ by: "RedisDown", equal: perInstance }],
    },
  ],
};
