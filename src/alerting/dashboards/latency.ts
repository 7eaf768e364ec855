/** One call's way: where the time goes, step by step, from the first byte of the request to the last one of the answer. */
import type { Dashboard } from "./dashboard.ts";
import { here, hereByRoute, mean, quantile } from "./selectors.ts";

/** Before an answer begins; `stream` and `attempt` are the provider's time, and drown the rest. */
const ownSteps = `${here},step!~"attempt|stream|wait|call"`;

export const latency: Dashboard = {
  name: "latency",
  title: "Claude Code Router / One call's way",
  description: "Where the time of a call goes, step by step. docs/lifecycle.md describes the steps.",
  variables: ["route"],
  rows: [
    {
      title: "As the client sees it",
      panels: [
        {
          kind: "heatmap",
          title: "Duration of calls",
          description:
            "How many calls took how long. Two bands are two kinds of calls; a band that climbs is a provider that slows down.",
          unit: "s",
          width: 12,
          queries: [
            {
              expr: `sum by (le) (increase(ccr_request_duration_seconds_bucket{${hereByRoute}}[$__rate_interval]))`,
              legend: "{{le}}",
            },
          ],
          whenEmpty: "no traffic",
          alerts: ["HighLatency", "VeryHighLatency"],
        },
        {
          kind: "time-series",
          title: "From start to first byte to end",
          description: "Medians and 95th percentiles: until something is seen, and until all is there.",
          unit: "s",
          width: 12,
          hasExemplars: true,
          queries: [
            { expr: quantile(0.5, "ccr_time_to_first_byte_seconds", [], here), legend: "first byte, median" },
            { expr: quantile(0.95, "ccr_time_to_first_byte_seconds", [], here), legend: "first byte, 95 %" },
            { expr: quantile(0.5, "ccr_request_duration_seconds", [], hereByRoute), legend: "end, median" },
            { expr: quantile(0.95, "ccr_request_duration_seconds", [], hereByRoute), legend: "end, 95 %" },
          ],
          whenEmpty: "no traffic",
          alerts: ["HighLatency", "VeryHighLatency"],
        },
      ],
    },
    {
      title: "Step by step",
      panels: [
        {
          kind: "time-series",
          title: "The router's own steps, mean",
          description:
            "Time spent before an attempt and after the answer. On top of each other they are what the router costs a call.",
          unit: "s",
          width: 12,
          isStacked: true,
          queries: [{ expr: mean("ccr_step_duration_seconds", ["step"], ownSteps), legend: "{{step}}" }],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "The router's own steps, 99 %",
          description:
            "The same for the slowest calls. `receive` is slow where the client sends slowly, `hold` where the budgets' store is.",
          unit: "s",
          width: 12,
          queries: [{ expr: quantile(0.99, "ccr_step_duration_seconds", ["step"], ownSteps), legend: "{{step}}" }],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "With the provider, 95 %",
          description:
            "attempt: until the answer has begun. stream: from there to its end. wait: between two attempts.",
          unit: "s",
          width: 12,
          queries: [
            {
              expr: quantile(0.95, "ccr_step_duration_seconds", ["step"], `${here},step=~"attempt|stream|wait|call"`),
              legend: "{{step}}",
            },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Overhead",
          description: "A call's duration without the time spent waiting for providers.",
          unit: "s",
          width: 12,
          queries: [0.5, 0.95, 0.99].map((q) => ({
            expr: quantile(q, "ccr_router_overhead_seconds", [], hereByRoute),
            legend: `${Math.round(q * 100)} %`,
          })),
          thresholds: [
            { from: 0.025, color: "yellow" },
            { from: 0.1, color: "red" },
          ],
          whenEmpty: "no traffic",
        },
      ],
    },
    {
      title: "Attempts",
      panels: [
        {
          kind: "time-series",
          title: "Attempts per call",
          description: "More than one: a first attempt failed. Less: answers from the cache, and refused calls.",
          unit: "none",
          width: 8,
          queries: [
            { expr: mean("ccr_attempts_per_call", [], here), legend: "mean" },
            { expr: quantile(0.99, "ccr_attempts_per_call", [], here), legend: "99 %" },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Calls that needed more than one attempt",
          description: "Part of the calls whose first attempt failed: work that providers make for nothing.",
          unit: "percentunit",
          width: 8,
          min: 0,
          queries: [
            {
              expr:
                `1 - sum(rate(ccr_attempts_per_call_bucket{${here},le="1"}[$__rate_interval]))` +
                ` / (sum(rate(ccr_attempts_per_call_count{${here}}[$__rate_interval])) > 0)`,
              legend: "tried again",
            },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Calls in flight",
          description:
            "Calls being served, and exchanges open with providers. The gap waits: for keys, budgets, back-off, or a slow client.",
          unit: "none",
          width: 8,
          queries: [
            { expr: `sum(ccr_calls_in_flight{${here}})`, legend: "calls" },
            { expr: `sum(ccr_active_connections{${here}})`, legend: "exchanges" },
          ],
        },
      ],
    },
  ],
};
