/** Which events budgets tell, and how often. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, settled, setUp, spend, usd } from "./test-budgets.ts";

test("each threshold and the limit are told once per window", async () => {
  const { budgets, events } = setUp();
  for (const cost of [7, 0.4, 0.2, 1.9, 0.1, 0.5, 0.2]) await spend(budgets, cost * usd);
  await settled();
  assert.deepEqual(
    events.map((event) => (event.kind === "budgetThresholdReached" ? event.threshold : event.kind)),
    [0.75, 0.95, "budgetLimitExceeded"],
  );
});

test("one call may pass several thresholds at once", async () => {
  const { budgets, events } = setUp();
  await spend(budgets, 12 * usd);
  await settled();
  assert.equal(events.length, 3);
});

test("refused calls tell the breach once, not once each", async () => {
  const { budgets, events } = setUp();
  for (let attempt = 0; attempt < 5; attempt++) await budgets.hold(call(11 * usd));
  await settled();
  assert.deepEqual(
    events.map((event) => event.kind),
    ["budgetLimitExceeded"],
  );
});

test("an overrun of the month is projected once, from its pace so far", async () => {
  const { budgets, events } = setUp({
    caps: [{ scope: "all", id: null, dailyNanoUsd: null, weeklyNanoUsd: null, monthlyNanoUsd: 100 * usd }],
  });
  await spend(budgets, 58 * usd); // after 17.5 of 30 days: 99.43
  await settled();
  assert.equal(events.length, 0);
  await spend(budgets, 1 * usd);
  await spend(budgets, 1 * usd);
  await settled();
  assert.equal(events.length, 1);
  const [event] = events;
  assert.ok(event?.kind === "budgetOverrunProjected");
  assert.equal(event.projectedNanoUsd, Math.round((59 / 17.5) * 30 * usd));
});
