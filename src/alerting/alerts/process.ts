/** Is the router's process well? */
import { perInstance, silencedByServiceDown } from "../alert-definition.ts";
import type { AlertGroup } from "../alert-definition.ts";
import { spanSeconds } from "../spans.ts";

export const processAlerts: AlertGroup = {
  name: "process",
  alerts: [
    {
      name: "HighMemoryUsage",
      severity: "warning",
      team: "gateway",
      dashboard: "instance",
      for: "5m",
      // Against the limit, not heap_total: V8 keeps heap_total close to what is used. The two differ in `type`.
      expr: ({ limits }) =>
        `ccr_memory_usage_bytes{type="heap_used"} / ignoring (type) (ccr_memory_usage_bytes{type="heap_limit"} > 0) > ${limits.heapRatio}`,
      summary: "High memory usage",
      description:
        "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of the heap that V8 gives it; at 100 % the process ends.",
      silenced: [silencedByServiceDown, { by: "MemoryLeak", equal: perInstance }],
    },
    {
      name: "MemoryLeak",
      severity: "critical",
      team: "gateway",
      dashboard: "instance",
      for: "10m",
      // The least of ten minutes is what garbage collections leave: the sawtooth above it says nothing. A young process
      // still fills its caches, and before an hour has passed there may be nothing to compare with.
      expr: ({ limits, span }) =>
        `min_over_time(ccr_memory_usage_bytes{type="heap_used"}[${span("10m")}]) - min_over_time(ccr_memory_usage_bytes{type="heap_used"}[${span("10m")}] offset ${span("30m")}) > ${limits.heapGrowthBytes}
and on (job, instance) time() - process_start_time_seconds > ${spanSeconds(span("1h"))}`,
      summary: "Potential memory leak detected",
      description:
        "What garbage collections leave on the heap of {{ $labels.instance }} grew by {{ $value | humanize1024 }}B in the last 30 minutes.",
      silenced: [silencedByServiceDown],
    },
    {
      name: "EventLoopLag",
      severity: "warning",
      team: "gateway",
      dashboard: "instance",
      for: "5m",
      expr: ({ limits }) => `ccr_event_loop_lag_seconds{stat="p99"} > ${limits.eventLoopLagSeconds}`,
      summary: "The router's event loop is blocked",
      description:
        "Timers of {{ $labels.instance }} are {{ $value | humanizeDuration }} late: all its streams stutter.",
      silenced: [silencedByServiceDown],
    },
  ],
};
