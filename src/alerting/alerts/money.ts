/** Does money run away? */
import type { AlertGroup } from "../alert-definition.ts";

export const moneyAlerts: AlertGroup = {
  name: "money",
  alerts: [
    {
      name: "HighCostBurn",
      severity: "warning",
      team: "costs",
      dashboard: "costs",
      for: "5m",
      expr: ({ limits, span }) =>
        `sum by (provider) (rate(ccr_cost_total_usd[${span("1h")}])) * 3600 > ${limits.costPerHourUsd}`,
      summary: "High cost burn rate",
      description: 'Provider {{ $labels.provider }} cost ${{ printf "%.2f" $value }} an hour over the last hour.',
      silenced: [{ by: "CostFastBurn", equal: [] }],
    },
    {
      name: "BudgetNearLimit",
      severity: "warning",
      team: "costs",
      dashboard: "costs",
      for: "1m",
      expr: ({ limits }) => `max by (scope, window) (ccr_budget_used_ratio) > ${limits.budgetRatio}`,
      summary: "A {{ $labels.window }} budget of scope {{ $labels.scope }} is nearly used up",
      description:
        "{{ $value | humanizePercentage }} of the fullest {{ $labels.window }} budget of scope {{ $labels.scope }} is spent or held; at 100 % its calls are refused.",
      silenced: [{ by: "BudgetExhausted", equal: ["scope", "window"] }],
    },
    {
      // Only the budget over all: a single user's full budget is that user's matter, and no reason to wake anybody.
      name: "BudgetExhausted",
      severity: "critical",
      team: "costs",
      dashboard: "costs",
      for: "1m",
      // Refusals begin before the last cent is spent: where what a call may cost does not fit any more.
      expr: ({ span }) =>
        `max by (scope, window) (ccr_budget_used_ratio{scope="all"}) >= 1
or
max by (scope, window) (ccr_budget_used_ratio{scope="all"})
and sum by (scope, window) (increase(ccr_budget_refusals_total{scope="all"}[${span("5m")}])) > 0`,
      summary: "The {{ $labels.window }} budget over all is used up",
      description:
        "{{ $value | humanizePercentage }} of the {{ $labels.window }} budget over all is spent or held: calls are refused until it is raised or the window ends.",
    },
    {
      name: "BudgetForecastOverrun",
      severity: "warning",
      team: "costs",
      dashboard: "costs",
      for: "30m",
      expr: ({ limits }) => `max by (scope, window) (ccr_budget_forecast_ratio) > ${limits.budgetForecastRatio}`,
      summary: "A {{ $labels.window }} budget of scope {{ $labels.scope }} will not last",
      description:
        "At the pace so far, {{ $value | humanizePercentage }} of a {{ $labels.window }} budget of scope {{ $labels.scope }} will be used when its window ends.",
      silenced: [{ by: "BudgetExhausted", equal: ["scope", "window"] }],
    },
  ],
};
