/** Cost and budgets: what is spent where, what holds it back, and who is about to be refused. */
import type { Dashboard } from "./dashboard.ts";
import { here, hereByProvider, shareOver } from "./selectors.ts";

const spender = `${hereByProvider},user_id=~"$user"`;
const inputKinds = 'kind=~"uncached_input|cache_read|cache_write_5m|cache_write_1h"';

export const costs: Dashboard = {
  name: "costs",
  title: "Claude Code Router / Cost and budgets",
  description:
    "What is spent where, what holds it back, and who is about to be refused. The ledger (ccr costs) holds every cent; Prometheus shows the trend.",
  variables: ["provider", "user"],
  rows: [
    {
      title: "Spending",
      panels: [
        {
          kind: "stat",
          title: "Last 24 hours",
          description: "Spent in the last 24 hours, as Prometheus saw it: `ccr costs` has the exact figure.",
          unit: "currencyUSD",
          width: 4,
          queries: [{ expr: `sum(increase(ccr_cost_total_usd{${spender}}[1d]))`, legend: "spent" }],
        },
        {
          kind: "stat",
          title: "Pace",
          description: "Dollars an hour, over the last hour. HighCostBurn fires on this, by provider.",
          unit: "currencyUSD",
          width: 4,
          queries: [{ expr: `sum(rate(ccr_cost_total_usd{${spender}}[1h])) * 3600`, legend: "per hour" }],
          alerts: ["HighCostBurn"],
        },
        {
          kind: "stat",
          title: "Cost per call",
          description: "Mean cost of a call that was served or broken off, over the last hour.",
          unit: "currencyUSD",
          decimals: 4,
          width: 4,
          queries: [
            {
              expr: `sum(rate(ccr_cost_total_usd{${here}}[1h])) / (sum(rate(ccr_call_outcomes_total{${here},outcome=~"success|cut|aborted"}[1h])) > 0)`,
              legend: "per call",
            },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "stat",
          title: "Read from prompt caches",
          description:
            "Part of all input tokens that providers read from their prompt caches, over the last hour. It is ten times cheaper.",
          unit: "percentunit",
          width: 4,
          queries: [
            {
              expr: shareOver("1h", "ccr_tokens_total", [], `${hereByProvider},${inputKinds}`, 'kind="cache_read"'),
              legend: "from cache",
            },
          ],
          whenEmpty: "no traffic",
        },
        {
          kind: "stat",
          title: "Fullest budget",
          description: "The budget that is nearest to its limit, of any scope and window. At 100 % calls are refused.",
          unit: "percentunit",
          width: 4,
          queries: [{ expr: `max(ccr_budget_used_ratio{${here}})`, legend: "used" }],
          thresholds: [
            { from: "budgetRatio", color: "yellow" },
            { from: 1, color: "red" },
          ],
          whenEmpty: "no budget",
        },
        {
          kind: "stat",
          title: "Refused for budgets",
          description: "Calls refused in the last hour because a budget was used up, or other calls held the rest.",
          unit: "none",
          width: 4,
          decimals: 0,
          queries: [
            {
              expr: `sum(increase(ccr_errors_total{${here},error_type=~"policy_budget_.+"}[1h]))`,
              legend: "refused",
            },
          ],
          thresholds: [{ from: 1, color: "yellow" }],
          whenEmpty: "0",
        },
        {
          kind: "time-series",
          title: "Cost by provider",
          description: "Dollars an hour at the pace of the moment.",
          unit: "currencyUSD",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (provider) (rate(ccr_cost_total_usd{${spender}}[$__rate_interval])) * 3600`,
              legend: "{{provider}}",
            },
          ],
          alerts: ["HighCostBurn"],
        },
        {
          kind: "time-series",
          title: "Cost by model",
          description: "Dollars an hour at the pace of the moment, the eight most expensive models.",
          unit: "currencyUSD",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `topk(8, sum by (provider, model) (rate(ccr_cost_total_usd{${spender}}[$__rate_interval])) * 3600 > 0)`,
              legend: "{{provider}}/{{model}}",
            },
          ],
          whenEmpty: "nothing spent",
        },
        {
          kind: "bars",
          title: "Biggest spenders in 24 hours",
          description: "user_id names as many as monitoring.userLabelLimit says; everybody else is _other.",
          unit: "currencyUSD",
          width: 12,
          queries: [
            {
              expr: `topk(10, sum by (user_id) (increase(ccr_cost_total_usd{${spender}}[1d])) > 0)`,
              legend: "{{user_id}}",
            },
          ],
          whenEmpty: "nothing spent",
        },
        {
          kind: "time-series",
          title: "Tokens",
          description:
            "Each token counted once: output is without reasoning, uncached_input without what the cache read or wrote.",
          unit: "suffix: /s",
          width: 12,
          isStacked: true,
          queries: [
            {
              expr: `sum by (kind) (rate(ccr_tokens_total{${hereByProvider}}[$__rate_interval])) > 0`,
              legend: "{{kind}}",
            },
          ],
          whenEmpty: "no traffic",
        },
      ],
    },
    {
      title: "Budgets",
      panels: [
        {
          kind: "time-series",
          title: "Used part of the fullest budgets",
          description:
            "Spent and held over the limit, the fullest budget of each scope and window. `GET /api/budgets` names them.",
          unit: "percentunit",
          width: 12,
          min: 0,
          queries: [
            {
              expr: `max by (scope, window) (ccr_budget_used_ratio{${here}})`,
              legend: "{{scope}} {{window}}",
            },
          ],
          thresholds: [
            { from: "budgetRatio", color: "yellow" },
            { from: 1, color: "red" },
          ],
          whenEmpty: "no budget",
          alerts: ["BudgetNearLimit", "BudgetExhausted"],
        },
        {
          kind: "time-series",
          title: "Forecast of the budgets",
          description:
            "Spending at the window's end over the limit, at the pace so far. Above 100 % calls will be refused before it ends.",
          unit: "percentunit",
          width: 12,
          min: 0,
          queries: [
            { expr: `max by (scope, window) (ccr_budget_forecast_ratio{${here}})`, legend: "{{scope}} {{window}}" },
          ],
          thresholds: [{ from: "budgetForecastRatio", color: "yellow" }],
          whenEmpty: "no budget",
          alerts: ["BudgetForecastOverrun"],
        },
        {
          kind: "time-series",
          title: "Calls that budgets refuse",
          description: "What a call may cost had no room in a budget of this scope and window.",
          unit: "none",
          width: 12,
          min: 0,
          queries: [
            {
              expr: `sum by (scope, window) (increase(ccr_budget_refusals_total{${here}}[$__rate_interval])) > 0`,
              legend: "{{scope}} {{window}}",
            },
          ],
          whenEmpty: "none",
          alerts: ["BudgetExhausted"],
        },
        {
          kind: "bars",
          title: "Budget events in 24 hours",
          description: "Thresholds reached, limits exceeded, months that will be exceeded: once per budget and window.",
          unit: "none",
          width: 12,
          decimals: 0,
          queries: [
            {
              expr: `sum by (event, scope, window) (increase(ccr_budget_events_total{${here}}[1d])) > 0`,
              legend: "{{event}} {{scope}} {{window}}",
            },
          ],
          whenEmpty: "none",
        },
        {
          kind: "time-series",
          title: "Money held",
          description: "Held for calls in flight; it goes back or becomes cost when they end.",
          unit: "currencyUSD",
          width: 12,
          queries: [{ expr: `sum(ccr_budget_held_usd{${here}})`, legend: "held" }],
        },
        {
          kind: "time-series",
          title: "Open holds and calls in flight",
          description:
            "Without calls in flight there must be no hold: one that stays is a leak, and ends in false refusals.",
          unit: "none",
          width: 12,
          queries: [
            { expr: `sum(ccr_budget_open_holds{${here}})`, legend: "holds" },
            { expr: `sum(ccr_calls_in_flight{${here}})`, legend: "calls" },
          ],
        },
      ],
    },
  ],
};
