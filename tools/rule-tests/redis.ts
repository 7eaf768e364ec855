/** Rule tests of src/alerting/alerts/redis.ts. */
import { boundary, fires, gauge, recovers, series, silent } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

const exporter = (instance: string) => ({ job: "redis", instance });
const metric = (name: string, instance: string): string => series(name, exporter(instance));

export const redisScenarios: readonly Scenario[] = [
  {
    alert: "RedisDown",
    title: "fires a minute after the exporter says that Redis is down, though the exporter itself is up",
    every: "15s",
    series: {
      [metric("redis_up", "a")]: gauge([1, 8], [0, 12], [1, 20]),
      [metric("up", "a")]: gauge([1, 40]),
      [metric("redis_up", "b")]: gauge([1, 40]),
      [metric("up", "b")]: gauge([1, 40]),
      [series("up", { job: "node-exporter", instance: "n" })]: gauge([0, 40]),
      [series("redis_up", { job: "other", instance: "o" })]: gauge([0, 40]),
    },
    checks: [
      silent("1m45s"),
      boundary("2m45s"),
      fires("3m", exporter("a")),
      fires("4m45s", exporter("a")),
      recovers("5m"),
    ],
    texts: {
      at: "3m",
      labels: exporter("a"),
      summary: "Redis is down",
      description:
        "Redis, or its exporter at a, has been down for more than a minute. Calls go on without shared cache and budgets.",
    },
  },
  {
    alert: "RedisDown",
    title: "fires when the exporter does not answer",
    every: "15s",
    series: { [metric("up", "a")]: gauge([1, 8], [0, 12], [1, 20]) },
    checks: [silent("1m45s"), boundary("2m45s"), fires("3m", exporter("a")), recovers("5m")],
  },
  {
    alert: "RedisAbsent",
    title: "fires when there is no figure about Redis for five minutes, where RedisDown stays silent",
    series: {
      [metric("redis_up", "a")]: "1+0x4 stale _x14 1+0x20",
      [metric("up", "a")]: gauge([1, 40]),
      [series("redis_up", { job: "other", instance: "o" })]: gauge([1, 40]),
    },
    checks: [
      silent("4m"),
      boundary("9m"),
      fires("10m", { job: "redis" }),
      fires("19m", { job: "redis" }),
      recovers("20m"),
    ],
    texts: {
      at: "10m",
      labels: { job: "redis" },
      summary: "Nothing is known about Redis",
      description: "Prometheus has no figure of redis_exporter: whether Redis works cannot be told.",
    },
  },
  {
    alert: "RedisAbsent",
    title: "fires when no exporter is scraped at all",
    series: {
      [metric("redis_up", "a")]: gauge([1, 40]),
      [metric("up", "a")]: "1+0x4 stale _x14 1+0x20",
      [series("up", { job: "node-exporter", instance: "n" })]: gauge([1, 40]),
    },
    checks: [silent("4m"), boundary("9m"), fires("10m", { job: "redis" }), recovers("20m")],
  },
  {
    alert: "RedisHighMemory",
    title: "fires five minutes after Redis has passed 90 % of its maxmemory, and never where there is none",
    series: {
      [metric("redis_memory_used_bytes", "full")]: gauge([500, 5], [930, 15], [400, 10]),
      [metric("redis_memory_max_bytes", "full")]: gauge([1000, 30]),
      [metric("redis_memory_used_bytes", "edge")]: gauge([900, 30]),
      [metric("redis_memory_max_bytes", "edge")]: gauge([1000, 30]),
      [metric("redis_memory_used_bytes", "half")]: gauge([850, 30]),
      [metric("redis_memory_max_bytes", "half")]: gauge([1000, 30]),
      // maxmemory 0, the default, is no limit: the guide's rule divides by it.
      [metric("redis_memory_used_bytes", "unlimited")]: gauge([930, 30]),
      [metric("redis_memory_max_bytes", "unlimited")]: gauge([0, 30]),
      [metric("redis_memory_used_bytes", "tiny")]: gauge([0.95, 30]),
      [metric("redis_memory_max_bytes", "tiny")]: gauge([1, 30]),
    },
    checks: [
      silent("4m"),
      boundary("9m", exporter("tiny")),
      fires("10m", exporter("full"), exporter("tiny")),
      fires("19m", exporter("full"), exporter("tiny")),
      recovers("20m", exporter("tiny")),
    ],
    texts: {
      at: "25m",
      labels: exporter("tiny"),
      summary: "Redis high memory usage",
      description: "Redis at tiny uses 95% of its maxmemory; at 100 % it refuses writes or drops keys.",
    },
  },
];
