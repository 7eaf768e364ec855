import type { Fault } from "../fault.ts";
import { question } from "../stack.ts";

const prices = {
  multiplier: 0.001,
  overrides: [{ model: "claude-opus-4-5", inputUsdPerMillion: 100, outputUsdPerMillion: 100 }],
};

export const budgetBreach: Fault = {
  name: "budget-breach",
  title: "the day's budget over all is used up, and calls are refused",
  alert: "BudgetExhausted",
  labels: { scope: "all", window: "daily" },
  settings: { prices, budgets: { caps: [{ scope: "all", daily: 0.2 }] } },
  costPerDayUsd: 100_000,
  inject: ({ load }) => load.change({ body: (call) => question(call, "anthropic/claude-opus-4-5") }),
  mend: ({ load, router, configuration }) => {
    load.change({ body: question });
    router().writeConfiguration({ ...configuration, budgets: { caps: [{ scope: "all", daily: 1000 }] } });
  },
};
