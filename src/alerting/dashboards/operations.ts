/** Operations: is it up, is it fast, does it fail, what does it cost? The dashboard for a wall, and the first one at night. */
import { callRoutes } from "../service-levels.ts";
import type { Dashboard } from "./dashboard.ts";
import { here, quantile, share } from "./selectors.ts";

const failed = 'status_code=~"5.."';

/** What the alerts count: neither the operators' API nor the quick counts of tokens, among which slow answers do not show. */
const hereCalls = `${here},${callRoutes}`;

export const operations: Dashboard = {
  name: "operations",
  title: "Claude Code Router - Operations Dashboard",
  description: "Is it up, is it fast, does it fail, what does it cost?",
  variables: [],
  rows: [
    {
      title: "Now",
      panels: [
        {
          kind: "stat",
          title: "Routers up",
          description: "Instances that Prometheus reaches. Red below one: nobody is served.",
          unit: "none",
          width: 3,
          queries: [{ expr: `sum(up{${here}})`, legend: "up" }],
          thresholds: [
            { from: 0, color: "red" },
            { from: 1, color: "green" },
          ],
          alerts: ["ServiceDown", "ServiceAbsent"],
        },
        {
          kind: "stat",
          title: "Alerts firing",
          description: "Alerts that fire now, the watchdog left out: it fires always, to prove that alerts arrive.",
          unit: "none",
          width: 3,
          queries: [
            { expr: `sum(ALERTS{alertstate="firing",severity=~"critical|warning"}) or vector(0)`, legend: "firing" },
          ],
          thresholds: [{ from: 1, color: "red" }],
          alerts: ["Watchdog"],
        },
        {
          kind: "stat",
          title: "Requests",
          description: "Requests a second, all routes.",
          unit: "reqps",
          width: 3,
          queries: [{ expr: `sum(rate(ccr_requests_total{${here}}[$__rate_interval]))`, legend: "requests" }],
        },
        {
          kind: "stat",
          title: "Error Rate",
          description: "Part of the calls that were answered with a status of 500 or more. No traffic, no figure.",
          unit: "percentunit",
          width: 3,
          decimals: 2,
          queries: [{ expr: share("ccr_requests_total", [], hereCalls, failed), legend: "errors" }],
          thresholds: [
            { from: 0.005, color: "yellow" },
            { from: 0.01, color: "red" },
          ],
          whenEmpty: "no traffic",
          alerts: ["HighErrorRate"],
        },
        {
          kind: "stat",
          title: "First byte, 95 %",
          description: "How long 95 % of the callers look at a silent screen at most.",
          unit: "s",
          width: 3,
          queries: [{ expr: quantile(0.95, "ccr_time_to_first_byte_seconds", [], here), legend: "first byte" }],
          thresholds: [
            { from: 5, color: "yellow" },
            { from: 10, color: "red" },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "stat",
          title: "Own overhead, 99 %",
          description: "What the router itself adds to a call, without the wait for providers.",
          unit: "s",
          width: 3,
          queries: [{ expr: quantile(0.99, "ccr_router_overhead_seconds", [], hereCalls), legend: "overhead" }],
          thresholds: [
            { from: 0.025, color: "yellow" },
            { from: 0.1, color: "red" },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "stat",
          title: "Calls in flight",
          description: "Calls being served now, all instances.",
          unit: "none",
          width: 3,
          queries: [{ expr: `sum(ccr_calls_in_flight{${here}})`, legend: "calls" }],
        },
        {
          kind: "stat",
          title: "Cost per hour",
          description: "Dollars an hour at the pace of the last five minutes.",
          unit: "currencyUSD",
          width: 3,
          queries: [{ expr: `sum(rate(ccr_cost_total_usd{${here}}[5m])) * 3600`, legend: "per hour" }],
          alerts: ["HighCostBurn"],
        },
      ],
    },
    {
      title: "Traffic and errors",
      panels: [
        {
          kind: "time-series",
          title: "Request Rate",
          description:
            "Requests a second by the provider that served and the status sent. `none`: no provider was asked.",
          unit: "reqps",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (provider, status_code) (rate(ccr_requests_total{${here}}[$__rate_interval])) > 0`,
              legend: "{{provider}} - {{status_code}}",
            },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Response Time",
          description:
            "From a request's first byte to its answer's last one. Long answers take long: see time to first byte too.",
          unit: "s",
          width: 12,
          hasExemplars: true,
          queries: [0.5, 0.95, 0.99].map((q) => ({
            expr: quantile(q, "ccr_request_duration_seconds", [], hereCalls),
            legend: `${Math.round(q * 100)}th percentile`,
          })),
          thresholds: [
            { from: "latencySeconds", color: "yellow" },
            { from: "criticalLatencySeconds", color: "red" },
          ],
          whenEmpty: "no traffic",
          alerts: ["HighLatency", "VeryHighLatency"],
        },
        {
          kind: "time-series",
          title: "Error rate by route",
          description: "Part of each route's requests that ended in a status of 500 or more.",
          unit: "percentunit",
          width: 12,
          min: 0,
          queries: [{ expr: share("ccr_requests_total", ["route"], here, failed), legend: "{{route}}" }],
          thresholds: [
            { from: 0.005, color: "yellow" },
            { from: 0.01, color: "red" },
          ],
          whenEmpty: "no traffic",
          alerts: ["HighErrorRate"],
        },
        {
          kind: "time-series",
          title: "Errors by cause",
          description:
            "Errors that reached a client. The first word says whose fault: caller, policy, provider, router, dependency.",
          unit: "suffix: /s",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (error_type) (rate(ccr_errors_total{${here}}[$__rate_interval])) > 0`,
              legend: "{{error_type}}",
            },
          ],
          whenEmpty: "no errors",
          alerts: ["HighErrorRate"],
        },
        {
          kind: "time-series",
          title: "How calls ended",
          description:
            "cut: the provider broke off after status 200 was sent, so that no status code tells it. aborted: the client left.",
          unit: "suffix: /s",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (outcome) (rate(ccr_call_outcomes_total{${here}}[$__rate_interval])) > 0`,
              legend: "{{outcome}}",
            },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Requests by tier",
          description: "Whose requests they are. `none`: no caller was known.",
          unit: "reqps",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (user_tier) (rate(ccr_requests_total{${here}}[$__rate_interval])) > 0`,
              legend: "{{user_tier}}",
            },
          ],
          whenEmpty: "no traffic",
        },
      ],
    },
    {
      title: "Providers and alerts",
      panels: [
        {
          kind: "table",
          title: "Provider Health",
          description:
            "From 0 to 1, out of success, speed, headroom and breakers of real calls; below 0.5 ProviderDown fires.",
          unit: "percentunit",
          width: 8,
          columns: { provider: "Provider" },
          valueName: "Health",
          queries: [{ expr: `min by (provider) (ccr_provider_health_score{${here}})`, legend: "{{provider}}" }],
          thresholds: [
            { from: 0, color: "red" },
            { from: "providerHealthScore", color: "yellow" },
            { from: 0.8, color: "green" },
          ],
          alerts: ["ProviderDown"],
        },
        {
          kind: "bars",
          title: "Rescued calls in the last hour",
          description: "Calls that a provider lost and another target answered: what clients did not notice.",
          unit: "none",
          width: 8,
          queries: [
            {
              expr: `sum by (provider) (increase(ccr_failovers_total{${here}}[1h]))`,
              legend: "away from {{provider}}",
            },
          ],
          whenEmpty: "none",
        },
        {
          kind: "table",
          title: "Firing alerts",
          description: "What fires now, worst first.",
          unit: "none",
          width: 8,
          columns: { alertname: "Alert", severity: "Severity", provider: "Provider", instance: "Instance" },
          valueName: "Series",
          queries: [
            {
              expr: `sum by (alertname, severity, provider, instance) (ALERTS{alertstate="firing",severity=~"critical|warning"})`,
              legend: "{{alertname}}",
            },
          ],
          whenEmpty: "none",
        },
      ],
    },
  ],
};
