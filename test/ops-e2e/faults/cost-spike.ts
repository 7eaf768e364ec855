import type { Fault } from "../fault.ts";
import { question } from "../stack.ts";

export const costSpike: Fault = {
  name: "cost-spike",
  title: "everybody asks the most expensive model, with a price to match",
  alert: "HighCostBurn",
  labels: { provider: "anthropic" },
  // Without the discount of the others: about a cent a call.
  settings: {
    prices: {
      multiplier: 0.001,
      overrides: [{ model: "claude-opus-4-5", inputUsdPerMillion: 100, outputUsdPerMillion: 100 }],
    },
  },
  // A day may cost so much here that only the hour's pace is wrong.
  costPerDayUsd: 100_000,
  // The hour's window, three minutes here, must forget it.
  resolveWithinSeconds: 260,
  inject: ({ load }) => load.change({ body: (call) => question(call, "anthropic/claude-opus-4-5") }),
  mend: ({ load }) => load.change({ body: question }),
};
