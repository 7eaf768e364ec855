/** Do the stores behind the router work: ledger, budgets, answer cache? */
import { perInstance, silencedByServiceDown } from "../alert.ts";
import type { AlertGroup } from "../alert.ts";

export const storeAlerts: AlertGroup = {
  name: "stores",
  alerts: [
    {
      name: "LowCacheHitRate",
      severity: "warning",
      team: "gateway",
      dashboard: "cache",
      for: "10m",
      // Without lookups there is no rate to be low: the ratio is NaN then, and the guard keeps chance out.
      expr: ({ limits, span }) =>
        `ccr_cache_hit_ratio < ${limits.cacheHitRatio}
and sum by (job, instance, cache_level) (increase(ccr_cache_lookups_total[${span("10m")}])) >= ${limits.cacheMinimumLookups}`,
      summary: "Low cache hit rate",
      description:
        "{{ $value | humanizePercentage }} of the lookups in cache level {{ $labels.cache_level }} of {{ $labels.instance }} were hits in the last 10 minutes.",
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
