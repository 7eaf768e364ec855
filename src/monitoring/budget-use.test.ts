import assert from "node:assert/strict";
import { test } from "node:test";
import { BudgetUse } from "./budget-use.ts";
import type { BudgetWindowState, LimitNow } from "./budget-use.ts";

const day = 86_400_000;

function stateOf(id: string, spentNanoUsd: number, endMs: number = 30 * day): BudgetWindowState {
  const bucket = { scope: "user", id, period: "monthly", limitNanoUsd: 100, startMs: 0, endMs };
  return { bucket, spentNanoUsd, heldNanoUsd: 5 };
}

/** Half of the window has gone. */
const twice = ({ spentNanoUsd }: BudgetWindowState): number => spentNanoUsd * 2;

const asItWas: LimitNow = ({ limitNanoUsd }) => limitNanoUsd;

test("of each scope and window it tells the fullest budget, and the one that will be the fullest", () => {
  const use = new BudgetUse((state, atMs) => (atMs < 3 * day ? null : twice(state)));
  use.observe([stateOf("ada", 70), stateOf("bob", 20)]);
  const expected = { scope: "user", window: "monthly", ratio: 0.75 };
  assert.deepEqual(use.read(day, asItWas), [{ ...expected, forecastRatio: null }]);
  assert.deepEqual(use.read(15 * day, asItWas), [{ ...expected, forecastRatio: 1.4 }]);
});

test("a window that is over has left its budget empty, and forecasts nothing", () => {
  const use = new BudgetUse(twice);
  use.observe([stateOf("ada", 100, 10 * day)]);
  assert.deepEqual(use.read(11 * day, asItWas), [{ scope: "user", window: "monthly", ratio: 0, forecastRatio: null }]);
});

test("a cap that was raised since, or lifted, counts as it is now, whether or not its member calls again", () => {
  const use = new BudgetUse(twice);
  use.observe([stateOf("ada", 95), stateOf("bob", 45)]);
  const lifted = use.read(day, ({ id }) => (id === "ada" ? null : 200));
  assert.deepEqual(lifted, [{ scope: "user", window: "monthly", ratio: 0.25, forecastRatio: 0.45 }]);
  assert.deepEqual(
    use.read(day, () => null),
    [],
  );
});
