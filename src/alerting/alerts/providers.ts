/** Do the providers do their part? */
import { perInstance, silencedByServiceDown } from "../alert-definition.ts";
import type { AlertGroup } from "../alert-definition.ts";

export const providerAlerts: AlertGroup = {
  name: "providers",
  alerts: [
    {
      name: "ProviderDown",
      severity: "warning",
      team: "providers",
      dashboard: "providers",
      for: "2m",
      expr: ({ limits }) => `ccr_provider_health_score < ${limits.providerHealthScore}`,
      summary: "Provider {{ $labels.provider }} is unhealthy",
      description:
        'The health score of provider {{ $labels.provider }} at {{ $labels.instance }} is {{ printf "%.2f" $value }} of 1: it fails, limits, or its breakers are open.',
      silenced: [silencedByServiceDown, { by: "AllProvidersDown", equal: perInstance }],
    },
    {
      name: "AllProvidersDown",
      severity: "critical",
      team: "providers",
      dashboard: "providers",
      for: "2m",
      expr: ({ limits }) => `max by (job, instance) (ccr_provider_health_score) < ${limits.providerHealthScore}`,
      summary: "All providers are unhealthy",
      description:
        'The best health score of any provider at {{ $labels.instance }} is {{ printf "%.2f" $value }} of 1: there is nowhere to fail over to.',
      silenced: [silencedByServiceDown],
    },
    {
      // The companion of ProviderDown: a score that is not there is below nothing.
      name: "ProviderHealthAbsent",
      severity: "warning",
      team: "providers",
      dashboard: "providers",
      for: "5m",
      expr: () => `up{job="claude-code-router"} == 1 unless on (job, instance) ccr_provider_health_score`,
      summary: "No provider's health is known",
      description:
        "{{ $labels.instance }} runs, yet shows no provider's health score: another program answers there, or the router lost sight of its providers.",
      silenced: [silencedByServiceDown],
    },
    {
      name: "ProviderHighLatency",
      severity: "warning",
      team: "providers",
      dashboard: "providers",
      for: "3m",
      expr: ({ limits, span }) =>
        `histogram_quantile(0.95, sum by (provider, le) (rate(ccr_provider_latency_seconds_bucket[${span("5m")}]))) > ${limits.providerLatencySeconds}
and sum by (provider) (increase(ccr_provider_latency_seconds_count[${span("5m")}])) >= ${limits.latencyMinimumCalls}`,
      summary: "High provider latency",
      description:
        "5 % of the attempts at provider {{ $labels.provider }} took longer than {{ $value | humanizeDuration }} in the last 5 minutes.",
      silenced: [{ by: "ServiceAbsent", equal: [] }],
    },
    {
      name: "BreakerOpen",
      severity: "warning",
      team: "providers",
      dashboard: "providers",
      for: "5m",
      // It is half open until the next call comes, which is the probe. Once it is closed nothing may linger: ProviderDown, which silences this, may end first.
      expr: ({ span }) =>
        `max_over_time(ccr_circuit_breaker_state[${span("2m")}]) == 2 and ccr_circuit_breaker_state > 0`,
      summary: "The circuit breaker of {{ $labels.provider }}/{{ $labels.model }} stays open",
      description:
        "{{ $labels.instance }} has kept calls away from {{ $labels.provider }}/{{ $labels.model }} for more than 5 minutes: no probe has succeeded.",
      silenced: [
        silencedByServiceDown,
        { by: "ProviderDown", equal: ["job", "instance", "provider"] },
        { by: "AllProvidersDown", equal: perInstance },
      ],
    },
    {
      name: "ProviderCertificateExpiring",
      severity: "warning",
      team: "providers",
      dashboard: "providers",
      for: "1h",
      expr: ({ limits }) =>
        `min by (provider) (ccr_provider_certificate_expiry_timestamp_seconds) - time() < ${limits.certificateDays} * 86400`,
      summary: "The certificate of provider {{ $labels.provider }} expires soon",
      description:
        "The TLS certificate that provider {{ $labels.provider }} shows is good for {{ $value | humanizeDuration }} more; after that no call to it succeeds.",
    },
  ],
};
