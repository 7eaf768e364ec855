/** Providers: which one fails, slows down or refuses, and what the router does about it. */
import type { Dashboard } from "./dashboard.ts";
import { qualityRow } from "./quality-row.ts";
import { byTarget, hereByProvider, mean, quantile, share, target } from "./selectors.ts";

export const providers: Dashboard = {
  name: "providers",
  title: "Claude Code Router / Providers",
  description: "Which provider fails, slows down or refuses, and what the router does about it.",
  variables: ["provider"],
  rows: [
    {
      title: "Health",
      panels: [
        {
          kind: "time-series",
          title: "Health score",
          description: "From 0 to 1, as GET /api/providers/health shows it. Healthy from 0.8, unhealthy below 0.5.",
          unit: "percentunit",
          width: 12,
          min: 0,
          max: 1,
          queries: [
            { expr: `min by (provider) (ccr_provider_health_score{${hereByProvider}})`, legend: "{{provider}}" },
          ],
          thresholds: [
            { from: 0, color: "red" },
            { from: "providerHealthScore", color: "yellow" },
            { from: 0.8, color: "green" },
          ],
          alerts: ["ProviderDown", "AllProvidersDown", "ProviderHealthAbsent"],
        },
        {
          kind: "states",
          title: "Circuit breakers",
          description: "open: calls are kept away; half open: the next call tries whether it is back.",
          unit: "none",
          width: 12,
          queries: [
            { expr: `max by (provider, model) (ccr_circuit_breaker_state{${hereByProvider}})`, legend: target },
          ],
          states: {
            "0": { word: "closed", color: "green" },
            "1": { word: "half open", color: "yellow" },
            "2": { word: "open", color: "red" },
          },
          whenEmpty: "no breaker yet",
          alerts: ["BreakerOpen"],
        },
        {
          kind: "time-series",
          title: "Attempts",
          description: "Attempts sent, by provider and how they ended.",
          unit: "suffix: /s",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (provider, status) (rate(ccr_provider_requests_total{${hereByProvider}}[$__rate_interval])) > 0`,
              legend: "{{provider}} {{status}}",
            },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Failed part of the attempts",
          description: "By provider and model. Clients see less of it: other keys and targets take over.",
          unit: "percentunit",
          width: 12,
          min: 0,
          max: 1,
          queries: [
            {
              expr: share("ccr_provider_requests_total", byTarget, hereByProvider, 'status="error"'),
              legend: target,
            },
          ],
          whenEmpty: "no traffic",
          alerts: ["ProviderDown"],
        },
        {
          kind: "time-series",
          title: "Failures by cause",
          description:
            "Failed attempts by code (docs/errors.md); provider_circuit_open: the breaker kept the attempt away.",
          unit: "suffix: /s",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (provider, error_type) (rate(ccr_provider_errors_total{${hereByProvider}}[$__rate_interval])) > 0`,
              legend: "{{provider}} {{error_type}}",
            },
          ],
          whenEmpty: "no failures",
        },
        {
          kind: "time-series",
          title: "Breakers that changed in ten minutes",
          description: "Many openings in a short time: the breaker flaps, the provider is half there.",
          unit: "none",
          width: 12,
          queries: [
            {
              expr: `sum by (provider, state) (increase(ccr_circuit_breaker_transitions_total{${hereByProvider}}[10m])) > 0`,
              legend: "{{provider}} {{state}}",
            },
          ],
          whenEmpty: "none",
        },
      ],
    },
    {
      title: "Speed",
      panels: [
        {
          kind: "time-series",
          title: "Time to first byte, 95 %",
          description: "From a served attempt's start to the first byte at the client.",
          unit: "s",
          width: 8,
          hasExemplars: true,
          queries: [
            { expr: quantile(0.95, "ccr_time_to_first_byte_seconds", byTarget, hereByProvider), legend: target },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Duration of attempts, 95 %",
          description: "To the last byte; quick refusals are left out, they would look like speed.",
          unit: "s",
          width: 8,
          hasExemplars: true,
          queries: [{ expr: quantile(0.95, "ccr_provider_latency_seconds", byTarget, hereByProvider), legend: target }],
          thresholds: [{ from: "providerLatencySeconds", color: "red" }],
          whenEmpty: "no traffic",
          alerts: ["ProviderHighLatency"],
        },
        {
          kind: "time-series",
          title: "Time per output token",
          description: "How fast a model writes, whatever the length of its answers.",
          unit: "s",
          width: 8,
          queries: [{ expr: mean("ccr_time_per_output_token_seconds", byTarget, hereByProvider), legend: target }],
          whenEmpty: "no streams",
        },
      ],
    },
    {
      title: "What the router does about it",
      panels: [
        {
          kind: "time-series",
          title: "Retries",
          description: "Further attempts at the same target, by the failure before.",
          unit: "suffix: /s",
          width: 8,
          isStacked: true,
          queries: [
            {
              expr: `sum by (provider, error_type) (rate(ccr_retries_total{${hereByProvider}}[$__rate_interval])) > 0`,
              legend: "{{provider}} after {{error_type}}",
            },
          ],
          whenEmpty: "none",
        },
        {
          kind: "time-series",
          title: "Fail-overs",
          description: "Calls that left a target for the plan's next one, by the failure before.",
          unit: "suffix: /s",
          width: 8,
          isStacked: true,
          queries: [
            {
              expr: `sum by (provider, error_type) (rate(ccr_failovers_total{${hereByProvider}}[$__rate_interval])) > 0`,
              legend: "away from {{provider}}: {{error_type}}",
            },
          ],
          whenEmpty: "none",
        },
        {
          kind: "time-series",
          title: "Connections",
          description:
            "Exchanges open with each provider, sockets, and requests that wait for one: then maxSockets is too small.",
          unit: "none",
          width: 8,
          queries: [
            {
              expr: `sum by (provider) (ccr_active_connections{${hereByProvider}})`,
              legend: "{{provider}} exchanges",
            },
            { expr: `sum by (provider) (ccr_upstream_sockets{${hereByProvider}})`, legend: "{{provider}} sockets" },
            { expr: `sum by (provider) (ccr_upstream_queued{${hereByProvider}})`, legend: "{{provider}} waiting" },
          ],
        },
      ],
    },
    {
      title: "Certificates",
      panels: [
        {
          kind: "bars",
          title: "Days until a certificate expires",
          description: "Of each provider that is called over TLS, as its last connection showed it.",
          unit: "d",
          width: 24,
          decimals: 0,
          min: 0,
          queries: [
            {
              expr: `(min by (provider) (ccr_provider_certificate_expiry_timestamp_seconds{${hereByProvider}}) - time()) / 86400`,
              legend: "{{provider}}",
            },
          ],
          thresholds: [
            { from: 0, color: "red" },
            { from: "certificateDays", color: "green" },
          ],
          whenEmpty: "no TLS",
          alerts: ["ProviderCertificateExpiring"],
        },
      ],
    },
    qualityRow,
  ],
};
