/** Do calls fail, or take long? Each router by itself; the service as a whole has its objectives (service-levels.ts). */
import { perInstance, silencedByServiceDown } from "../alert-definition.ts";
import type { AlertGroup, RuleContext } from "../alert-definition.ts";
import { callRoutes } from "../service-levels.ts";

/**
 * Sums over all label sets first: one slow or failing set among many would page otherwise. Counts of tokens are quick and
 * many: among them slow answers would not show.
 */
function latencyAbove(seconds: number, { limits, span }: RuleContext): string {
  const window = span("5m");
  return `histogram_quantile(0.95, sum by (job, instance, le) (rate(ccr_request_duration_seconds_bucket{${callRoutes}}[${window}]))) > ${seconds}
and sum by (job, instance) (increase(ccr_request_duration_seconds_count{${callRoutes}}[${window}])) >= ${limits.latencyMinimumCalls}`;
}

export const callAlerts: AlertGroup = {
  name: "calls",
  alerts: [
    {
      name: "HighErrorRate",
      severity: "warning",
      team: "gateway",
      dashboard: "operations",
      for: "2m",
      // A share, not a rate: 4 failures a minute are everything for one team and nothing among 1000 calls a second.
      expr: ({ limits, span }) => {
        const window = span("5m");
        return `sum by (job, instance) (rate(ccr_requests_total{${callRoutes}, status_code=~"5.."}[${window}]))
/ (sum by (job, instance) (rate(ccr_requests_total{${callRoutes}}[${window}])) > 0) > ${limits.errorRatio}
and sum by (job, instance) (increase(ccr_requests_total{${callRoutes}}[${window}])) >= ${limits.errorMinimumRequests}`;
      },
      summary: "High error rate detected",
      description:
        "{{ $value | humanizePercentage }} of the calls to {{ $labels.instance }} were answered with 5xx in the last 5 minutes.",
      silenced: [silencedByServiceDown, { by: "AvailabilityFastBurn", equal: [] }],
    },
    {
      name: "HighLatency",
      severity: "warning",
      team: "gateway",
      dashboard: "latency",
      for: "3m",
      expr: (context) => latencyAbove(context.limits.latencySeconds, context),
      summary: "High latency detected",
      description:
        "5 % of the calls to {{ $labels.instance }} took longer than {{ $value | humanizeDuration }} in the last 5 minutes.",
      silenced: [silencedByServiceDown, { by: "VeryHighLatency", equal: perInstance }],
    },
    {
      name: "VeryHighLatency",
      severity: "critical",
      team: "gateway",
      dashboard: "latency",
      for: "1m",
      expr: (context) => latencyAbove(context.limits.criticalLatencySeconds, context),
      summary: "Very high latency detected",
      description:
        "5 % of the calls to {{ $labels.instance }} took longer than {{ $value | humanizeDuration }} in the last 5 minutes.",
      silenced: [silencedByServiceDown],
    },
  ],
};
