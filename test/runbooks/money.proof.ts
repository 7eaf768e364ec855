/** Runbooks about money, followed while it runs away and a budget refuses everybody. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { followAll, goodHistory, startBench } from "./runbook-bench.ts";

test("a dear hour, and a budget over all that is used up", async (t) => {
  const overrides = [{ model: "*", inputUsdPerMillion: 50_000, outputUsdPerMillion: 50_000 }];
  const history = goodHistory(20, { untilMs: 3 * 3_600_000, durationMs: 200 });
  const settings = { prices: { overrides }, budgets: { caps: [{ scope: "all", daily: 0.5 }] } };
  const bench = await startBench(t, { settings, history });
  assert.ok((await bench.calls(5)).includes(429));
  const rise = /an hour instead of \$0\.\d+; most likely: (user local|model)/;
  await followAll(bench, {
    HighCostBurn: rise,
    CostFastBurn: rise,
    CostSlowBurn: rise,
    BudgetNearLimit: /"status": "exceeded"/,
    BudgetForecastOverrun: /"status": "exceeded"/,
    BudgetExhausted: /"status": "exceeded"/,
  });
  assert.equal((await bench.call()).status, 200, "the mitigation raised the cap");
});
