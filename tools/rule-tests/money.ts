/** Rule tests of src/alerting/alerts/money.ts. */
import { boundary, counter, fires, gauge, recovers, router, series, silent } from "./scenario.ts";
import type { LabelSet, Scenario } from "./scenario.ts";

const cost = (provider: string, model: string, user: string, instance = "a"): string =>
  series("ccr_cost_total_usd", { ...router(instance), provider, model, user_id: user });
const used = (instance: string, scope: string, window: string): string =>
  series("ccr_budget_used_ratio", { ...router(instance), scope, window });
const forecast = (instance: string, scope: string, window: string): string =>
  series("ccr_budget_forecast_ratio", { ...router(instance), scope, window });

const refusals = (instance: string, scope: string, window: string): string =>
  series("ccr_budget_refusals_total", { ...router(instance), scope, window });

const openai: LabelSet = { provider: "openai" };
const userDaily: LabelSet = { scope: "user", window: "daily" };
const allMonthly: LabelSet = { scope: "all", window: "monthly" };

export const moneyScenarios: readonly Scenario[] = [
  {
    alert: "HighCostBurn",
    title: "fires when all users of a provider together spend more than 10 $ an hour, not one of them",
    series: {
      // 10.31 $ an hour in three parts over two routers; 9.38 $ and 10 $ at other providers. Steps that add up without rounding.
      [cost("openai", "gpt-5.5", "ada")]: counter([0, 60], [0.0625, 90], [0, 90]),
      [cost("openai", "gpt-5.5", "bob")]: counter([0, 60], [0.0625, 90], [0, 90]),
      [cost("openai", "gpt-5.5", "ada", "b")]: counter([0, 60], [0.046875, 90], [0, 90]),
      [cost("groq", "kimi-k2", "ada")]: counter([0.078125, 240]),
      [cost("groq", "kimi-k2", "bob")]: counter([0.078125, 240]),
      [cost("edge", "large", "ada")]: counter(
        ...Array.from(
          { length: 4 },
          () =>
            [
              [0.125, 40],
              [0.25, 20],
            ] as const,
        ).flat(),
      ),
    },
    checks: [
      silent("60m"),
      boundary("123m"),
      fires("124m", openai),
      fires("150m", openai),
      fires("151m", openai),
      recovers("152m"),
      silent("200m"),
    ],
    texts: {
      at: "140m",
      labels: openai,
      summary: "High cost burn rate",
      description: "Provider openai cost $10.31 an hour over the last hour.",
    },
  },
  {
    alert: "HighCostBurn",
    title: "means dollars an hour: 11.25 $ an hour fire, though that is 0.003 $ a second",
    series: {
      [cost("openai", "gpt-5.5", "ada")]: counter([0.1875, 100]),
      [cost("groq", "k", "ada")]: counter([0.015625, 100]),
    },
    checks: [fires("70m", openai), fires("99m", openai)],
  },
  {
    alert: "BudgetNearLimit",
    title: "fires a minute after the fullest budget of a scope and window has passed 90 %",
    series: {
      [used("a", "user", "daily")]: gauge([0.5, 5], [0.93, 10], [0.1, 10]),
      [used("b", "user", "daily")]: gauge([0.5, 25]),
      [used("a", "user", "monthly")]: gauge([0.9, 25]),
      [used("a", "team", "daily")]: gauge([0.85, 25]),
    },
    checks: [silent("4m"), boundary("5m"), fires("6m", userDaily), fires("14m", userDaily), recovers("15m")],
    texts: {
      at: "6m",
      labels: userDaily,
      summary: "A daily budget of scope user is nearly used up",
      description: "93% of the fullest daily budget of scope user is spent or held; at 100 % its calls are refused.",
    },
  },
  {
    alert: "BudgetExhausted",
    title: "fires a minute after the budget over all is used up, and not for a single user's",
    series: {
      [used("a", "all", "monthly")]: gauge([0.98, 5], [1, 10], [0.2, 10]),
      [used("b", "all", "monthly")]: gauge([0.5, 25]),
      [used("a", "all", "daily")]: gauge([0.96, 25]),
      [used("a", "all", "weekly")]: gauge([0.5, 25]),
      [used("a", "user", "daily")]: gauge([1.2, 25]),
      [refusals("a", "user", "daily")]: counter([5, 25]),
    },
    checks: [silent("4m"), boundary("5m"), fires("6m", allMonthly), fires("14m", allMonthly), recovers("15m")],
    texts: {
      at: "6m",
      labels: allMonthly,
      summary: "The monthly budget over all is used up",
      description:
        "100% of the monthly budget over all is spent or held: calls are refused until it is raised or the window ends.",
    },
  },
  {
    alert: "BudgetExhausted",
    title: "fires above the limit, too: calls that ran may pass it",
    series: { [used("a", "all", "monthly")]: gauge([1.05, 10]) },
    checks: [fires("5m", allMonthly)],
  },
  {
    alert: "BudgetExhausted",
    title: "fires where calls are refused although some of it is left, until none has been for five minutes",
    series: {
      [used("a", "all", "monthly")]: gauge([0.85, 30]),
      [used("b", "all", "monthly")]: gauge([0.5, 30]),
      [used("a", "all", "weekly")]: gauge([0.9, 30]),
      [used("a", "user", "daily")]: gauge([0.95, 30]),
      [refusals("a", "all", "monthly")]: counter([0, 5], [0.125, 10], [0, 15]),
      [refusals("b", "all", "monthly")]: counter([0, 30]),
      [refusals("a", "all", "weekly")]: counter([0, 30]),
      [refusals("a", "user", "daily")]: counter([1, 30]),
    },
    checks: [silent("5m"), boundary("6m"), fires("7m", allMonthly), fires("19m", allMonthly), recovers("20m")],
    texts: {
      at: "7m",
      labels: allMonthly,
      summary: "The monthly budget over all is used up",
      description:
        "85% of the monthly budget over all is spent or held: calls are refused until it is raised or the window ends.",
    },
  },
  {
    alert: "BudgetForecastOverrun",
    title: "fires half an hour after a budget is on its way to be passed, until spending slows down",
    every: "5m",
    series: {
      [forecast("a", "all", "monthly")]: gauge([0.9, 6], [1.04, 20], [0.9, 20]),
      [forecast("b", "all", "monthly")]: gauge([0.8, 46]),
      [forecast("a", "user", "monthly")]: gauge([1, 46]),
      [forecast("a", "team", "monthly")]: gauge([0.96, 46]),
    },
    checks: [silent("25m"), boundary("55m"), fires("60m", allMonthly), fires("125m", allMonthly), recovers("130m")],
    texts: {
      at: "60m",
      labels: allMonthly,
      summary: "A monthly budget of scope all will not last",
      description: "At the pace so far, 104% of a monthly budget of scope all will be used when its window ends.",
    },
  },
];
