/** The answer cache: does it earn its memory, how full is it, and what do its hits save in time? */
import type { Dashboard } from "./dashboard.ts";
import { here, quantile, share, shareOver } from "./selectors.ts";

export const cache: Dashboard = {
  uid: "ccr-cache",
  title: "Claude Code Router / Answer cache",
  description: "Does the answer cache earn its memory, how full is it, and what do its hits save in time?",
  variables: [],
  rows: [
    {
      title: "Use",
      panels: [
        {
          kind: "stat",
          title: "Answered without a provider",
          description: "Part of the calls in the last hour that a kept answer or an identical call in flight served.",
          unit: "percentunit",
          width: 6,
          queries: [
            {
              expr: shareOver("1h", "ccr_cache_answers_total", [], here, 'cache_status=~"hit|joined"'),
              legend: "free",
            },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "stat",
          title: "Hit rate",
          description:
            "Hits over lookups in the last ten minutes, each level. Below the threshold of LowCacheHitRate it costs more than it saves.",
          unit: "percentunit",
          width: 6,
          queries: [{ expr: `avg by (cache_level) (ccr_cache_hit_ratio{${here}} >= 0)`, legend: "{{cache_level}}" }],
          thresholds: [
            { from: 0, color: "red" },
            { from: 0.3, color: "green" },
          ],
          whenEmpty: "not asked",
          alerts: ["LowCacheHitRate"],
        },
        {
          kind: "stat",
          title: "Answers kept",
          description: "Answers in memory (l1) of all instances.",
          unit: "none",
          width: 6,
          queries: [{ expr: `sum by (cache_level) (ccr_cache_entries{${here}})`, legend: "{{cache_level}}" }],
        },
        {
          kind: "stat",
          title: "Memory taken",
          description: "Bytes that the kept answers take, against cache.l1.maxBytes of the configuration.",
          unit: "bytes",
          width: 6,
          queries: [{ expr: `sum by (cache_level) (ccr_cache_size_bytes{${here}})`, legend: "{{cache_level}}" }],
        },
        {
          kind: "time-series",
          title: "Calls by what the cache did",
          description:
            "joined: served by an identical call in flight. bypass: not asked, because such a call may not be answered from a cache.",
          unit: "suffix: /s",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (cache_status) (rate(ccr_cache_answers_total{${here}}[$__rate_interval])) > 0`,
              legend: "{{cache_status}}",
            },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Hit rate by level",
          description: "Hits over lookups, at the dashboard's interval.",
          unit: "percentunit",
          width: 12,
          min: 0,
          max: 1,
          queries: [
            {
              expr: share("ccr_cache_lookups_total", ["cache_level"], here, 'result="hit"'),
              legend: "{{cache_level}}",
            },
          ],
          thresholds: [
            { from: 0, color: "red" },
            { from: 0.3, color: "green" },
          ],
          whenEmpty: "not asked",
          alerts: ["LowCacheHitRate"],
        },
        {
          kind: "time-series",
          title: "Lookups",
          description: "How often each level is asked, and what it said.",
          unit: "suffix: /s",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (cache_level, result) (rate(ccr_cache_lookups_total{${here}}[$__rate_interval])) > 0`,
              legend: "{{cache_level}} {{result}}",
            },
          ],
          whenEmpty: "not asked",
        },
        {
          kind: "time-series",
          title: "Duration with and without the cache, median",
          description: "What a hit saves the caller in time.",
          unit: "s",
          width: 12,
          queries: [
            {
              expr: quantile(0.5, "ccr_request_duration_seconds", ["cache_status"], here),
              legend: "{{cache_status}}",
            },
          ],
          whenEmpty: "no traffic",
        },
      ],
    },
    {
      title: "Redis",
      panels: [
        {
          kind: "states",
          title: "Reachable",
          description:
            "Whether Redis answers: to the router, and to its exporter. Without it calls go on, the second level and shared budgets do not.",
          unit: "none",
          width: 8,
          queries: [
            {
              expr: `min by (dependency) (ccr_dependency_up{${here},dependency=~"redis|cache"})`,
              legend: "router: {{dependency}}",
            },
            { expr: "min by (instance) (redis_up)", legend: "exporter: {{instance}}" },
          ],
          states: { "0": { word: "away", color: "red" }, "1": { word: "up", color: "green" } },
          whenEmpty: "not configured",
          alerts: ["RedisDown"],
        },
        {
          kind: "time-series",
          title: "Memory",
          description: "What Redis uses, and the most it may use (0: no limit). At the limit it evicts or refuses.",
          unit: "bytes",
          width: 8,
          queries: [
            { expr: "max by (instance) (redis_memory_used_bytes)", legend: "{{instance}} used" },
            { expr: "max by (instance) (redis_memory_max_bytes)", legend: "{{instance}} limit" },
          ],
          whenEmpty: "no exporter",
          alerts: ["RedisHighMemory"],
        },
        {
          kind: "time-series",
          title: "Evicted and expired keys",
          description: "Evictions mean that Redis is too small for what is kept in it.",
          unit: "suffix: /s",
          width: 8,
          queries: [
            {
              expr: "sum by (instance) (rate(redis_evicted_keys_total[$__rate_interval]))",
              legend: "{{instance}} evicted",
            },
            {
              expr: "sum by (instance) (rate(redis_expired_keys_total[$__rate_interval]))",
              legend: "{{instance}} expired",
            },
          ],
          whenEmpty: "no exporter",
        },
      ],
    },
  ],
};
