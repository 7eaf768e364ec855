import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../core/log/logging.ts";
import type { LogFields } from "../../../core/log/log-fields.ts";
import type { BudgetStore, SettleRequest } from "./budget-store.ts";
import { createSettlements } from "./settlements.ts";
import { createBucket } from "./test-bucket.ts";

function request(callId: string): SettleRequest {
  return { callId, buckets: [createBucket(1)], costNanoUsd: 1, hadHold: true };
}

/** A store that refuses while `isAway`, and answers what it was asked when `answer` is called. */
function setUp() {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const errors: LogFields[] = [];
  const control = { isAway: true };
  const store: Pick<BudgetStore, "settle"> = {
    settle: ({ callId, buckets }) => {
      if (control.isAway) return Promise.reject(new Error("away"));
      asked.push(callId);
      const states = buckets.map((bucket) => ({ bucket, spentNanoUsd: 1, heldNanoUsd: 0 }));
      return new Promise((resolve) => answers.push(() => resolve({ kind: "settled", states })));
    },
  };
  const settlements = createSettlements(
    store,
    { ...silentLogger, error: (fields: LogFields) => errors.push(fields) },
    () => {},
  );
  const answer = async (): Promise<void> => {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { settlements, asked, errors, control, answer };
}

test("what waits for the store is written once and in its order, also while the router ends", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { settlements, asked, errors, control, answer } = setUp();
  for (const callId of ["a", "b", "c"]) await settlements.settle(request(callId));
  assert.equal(settlements.waiting(), 3);
  assert.deepEqual(errors, [{ error: "Error: away" }]);
  assert.equal(settlements.lastError(), "Error: away");
  control.isAway = false;
  t.mock.timers.tick(499);
  assert.deepEqual(asked, []);
  t.mock.timers.tick(1);
  assert.deepEqual(asked, ["a"]);
  let isClosed = false;
  const closing = settlements.close().then(() => (isClosed = true));
  for (const written of ["a", "b", "c"]) {
    assert.equal(asked.at(-1), written);
    assert.equal(isClosed, false);
    await answer();
  }
  await closing;
  assert.deepEqual([asked, settlements.waiting(), settlements.lastError()], [["a", "b", "c"], 0, null]);
  assert.equal(errors.length, 1);
});

test("a store that stays away is asked again twice a second", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { settlements, asked, control, answer } = setUp();
  await settlements.settle(request("a"));
  t.mock.timers.tick(500);
  await new Promise((resolve) => setImmediate(resolve));
  control.isAway = false;
  t.mock.timers.tick(500);
  assert.deepEqual(asked, ["a"]);
  await answer();
  assert.equal(settlements.waiting(), 0);
});

test("a store that is still away at the end is told in the log, with how many settlements it lacks", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { settlements, asked, errors, control } = setUp();
  await settlements.settle(request("a"));
  await settlements.settle(request("b"));
  await settlements.close();
  assert.deepEqual(errors.at(-1), { settlements: 2 });
  control.isAway = false;
  t.mock.timers.tick(500);
  assert.deepEqual(asked, [], "who has closed asks no more");
});
