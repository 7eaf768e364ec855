/** Service levels: is the promise kept, how fast is its error budget used up, and how long will it last? */
import type { Dashboard, Query } from "./dashboard.ts";

/** The windows of the burn-rate alerts, fast ones first. */
const windows = ["5m", "1h", "6h", "1d", "3d"];

function burnRates(): readonly Query[] {
  return windows.map((window) => ({
    expr: `slo:error_ratio:rate${window} / on (slo) (slo:error_budget:ratio > 0)`,
    legend: `{{slo}} over ${window}`,
  }));
}

export const slos: Dashboard = {
  name: "slos",
  title: "Claude Code Router / Service levels",
  description: "Is the promise kept, how fast is its error budget used up, and how long will it last?",
  variables: [],
  rows: [
    {
      title: "Thirty days",
      panels: [
        {
          kind: "bars",
          title: "Error budget left",
          description:
            "What is left of the failures that thirty days may have. At 0 the promise is broken: stop what is risky.",
          unit: "percentunit",
          width: 12,
          max: 1,
          queries: [{ expr: "slo:error_budget_remaining:ratio", legend: "{{slo}}" }],
          thresholds: [
            { from: 0, color: "red" },
            { from: 0.1, color: "yellow" },
            { from: 0.5, color: "green" },
          ],
          whenEmpty: "no traffic",
          alerts: ["AvailabilitySlowBurn", "FirstByteSlowBurn", "OverheadSlowBurn", "CostSlowBurn"],
        },
        {
          kind: "bars",
          title: "Broken promises, thirty days",
          description:
            "Part of the calls that broke each promise; of cost: spent dollars over those that a day may cost.",
          unit: "percentunit",
          decimals: 3,
          width: 12,
          queries: [{ expr: "slo:error_ratio:rate30d", legend: "{{slo}}" }],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Error budget over time",
          description: "A steady slope is wear; a step is an incident.",
          unit: "percentunit",
          width: 24,
          max: 1,
          queries: [{ expr: "slo:error_budget_remaining:ratio", legend: "{{slo}}" }],
          whenEmpty: "no traffic",
        },
      ],
    },
    {
      title: "Now",
      panels: [
        {
          kind: "time-series",
          title: "Burn rates",
          description:
            "How many times faster than allowed the budget is used up. 1 lasts thirty days, 14.4 two. Alerts want a long and a short window above their line.",
          unit: "suffix: ×",
          width: 12,
          queries: burnRates(),
          thresholds: [
            { from: 1, color: "yellow" },
            { from: 14.4, color: "red" },
          ],
          whenEmpty: "nothing burns",
          alerts: ["AvailabilityFastBurn", "FirstByteFastBurn", "OverheadFastBurn", "CostFastBurn"],
        },
        {
          kind: "time-series",
          title: "Broken promises, one hour",
          description: "Part of the last hour's calls that broke each promise.",
          unit: "percentunit",
          width: 12,
          queries: [{ expr: "slo:error_ratio:rate1h", legend: "{{slo}}" }],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Calls that count",
          description:
            "Per second, over five minutes: what the promises are measured on. With few calls a ratio proves little.",
          unit: "suffix: /s",
          width: 12,
          queries: [{ expr: 'slo:total:rate5m{slo!="cost"}', legend: "{{slo}}" }],
          whenEmpty: "no traffic",
        },
        {
          kind: "time-series",
          title: "Calls that broke a promise",
          description: "Per second, over five minutes.",
          unit: "suffix: /s",
          width: 12,
          queries: [{ expr: 'slo:bad:rate5m{slo!="cost"}', legend: "{{slo}}" }],
          whenEmpty: "no traffic",
        },
      ],
    },
  ],
};
