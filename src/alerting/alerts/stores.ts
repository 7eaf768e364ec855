/** Do the stores behind the router work: ledger, budgets, answer cache? */
import { perInstance, silencedByServiceDown } from "../alert-definition.ts";
import type { AlertGroup } from "../alert-definition.ts";

export const storeAlerts: AlertGroup = {
  name: "stores",
  alerts: [
    {
      name: "LowCacheHitRate",
      severity: "warning",
      team: "gateway",
      dashboard: "cache",
      for: "10m",
      // Over both levels: Redis is asked only for what memory has not got, so that beside one router it hardly ever hits.
      // Memory is asked for everything, and without lookups there is no rate to be low.
      expr: ({ limits, span }) =>
        `sum by (job, instance) (rate(ccr_cache_lookups_total{result="hit"}[${span("10m")}]))
/ (sum by (job, instance) (rate(ccr_cache_lookups_total{cache_level="l1"}[${span("10m")}])) > 0) < ${limits.cacheHitRatio}
and sum by (job, instance) (increase(ccr_cache_lookups_total{cache_level="l1"}[${span("10m")}])) >= ${limits.cacheMinimumLookups}`,
      summary: "Low cache hit rate",
      description:
        "{{ $value | humanizePercentage }} of the calls that {{ $labels.instance }} looked up in the answer cache were answered from it in the last 10 minutes.",
      silenced: [silencedByServiceDown],
    },
    {
      name: "DependencyDown",
      severity: "warning",
      team: "infrastructure",
      dashboard: "instance",
      for: "2m",
      expr: () => `ccr_dependency_up == 0`,
      summary: "The router cannot reach its {{ $labels.dependency }}",
      description:
        "{{ $labels.instance }} has not reached its {{ $labels.dependency }} for more than 2 minutes. Calls go on; what belongs there waits in a buffer.",
      silenced: [silencedByServiceDown, { by: "RedisDown", equal: [], only: `dependency=~"redis|budgets|cache"` }],
    },
    {
      name: "DependencyBufferFilling",
      severity: "warning",
      team: "infrastructure",
      dashboard: "instance",
      for: "2m",
      expr: ({ limits }) => `ccr_dependency_buffered_entries > ${limits.bufferedEntries}`,
      summary: "Entries pile up that the {{ $labels.dependency }} does not take",
      description:
        "{{ $value | humanize }} entries wait at {{ $labels.instance }} for the {{ $labels.dependency }}; when the buffer is full, they are lost.",
      silenced: [silencedByServiceDown, { by: "LedgerRowsLost", equal: perInstance }],
    },
    {
      name: "LedgerWriteFailures",
      severity: "warning",
      team: "infrastructure",
      dashboard: "instance",
      for: "2m",
      expr: ({ span }) => `increase(ccr_ledger_write_failures_total[${span("5m")}]) > 0`,
      summary: "The ledger cannot be written",
      description:
        "{{ $value | humanize }} writes to the ledger of {{ $labels.instance }} failed in the last 5 minutes. Rows wait and are written later.",
      silenced: [silencedByServiceDown, { by: "LedgerRowsLost", equal: perInstance }],
    },
    {
      name: "LedgerRowsLost",
      severity: "critical",
      team: "infrastructure",
      dashboard: "instance",
      for: "0m",
      expr: ({ span }) => `increase(ccr_ledger_lost_rows_total[${span("15m")}]) > 0`,
      summary: "Calls are missing from the ledger",
      description:
        "{{ $value | humanize }} calls of {{ $labels.instance }} were lost to the ledger in the last 15 minutes: costs and budgets are too low by them.",
    },
  ],
};
