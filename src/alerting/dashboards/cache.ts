/** The answer cache: does it earn its memory, how full is it, and what do its hits save in time? */
import type { Dashboard } from "./dashboard.ts";
import { here, quantile, share, shareOver } from "./selectors.ts";

export const cache: Dashboard = {
  name: "cache",
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
            "Hits over lookups in the last ten minutes, each level. Redis (l2) is asked only for what memory (l1) has not got; LowCacheHitRate looks at both together.",
          unit: "percentunit",
          width: 6,
          queries: [{ expr: `avg by (cache_level) (ccr_cache_hit_ratio{${here}} >= 0)`, legend: "{{cache_level}}" }],
          thresholds: [
            { from: 0, color: "red" },
            { from: "cacheHitRatio", color: "green" },
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
            { from: "cacheHitRatio", color: "green" },
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
        {
          kind: "time-series",
          title: "Saved by the cache",
          description: "What answers from the cache and of joined calls would have cost, an hour.",
          unit: "currencyUSD",
          width: 12,
          queries: [
            { expr: `sum(rate(ccr_cache_saved_usd_total{${here}}[$__rate_interval])) * 3600`, legend: "an hour" },
          ],
          whenEmpty: "not asked",
        },
        {
          kind: "time-series",
          title: "Evictions and errors",
          description:
            "Evicted: answers that went before their time; many say that cache.l1.maxBytes is small. Errors: Redis was away, slow or full.",
          unit: "suffix: /s",
          width: 12,
          queries: [
            {
              expr: `sum by (cache_level) (rate(ccr_cache_evictions_total{${here}}[$__rate_interval]))`,
              legend: "{{cache_level}} evicted",
            },
            {
              expr: `sum by (cache_level) (rate(ccr_cache_errors_total{${here}}[$__rate_interval]))`,
              legend: "{{cache_level}} errors",
            },
          ],
          whenEmpty: "not asked",
        },
      ],
    },
  ],
};
