import assert from "node:assert/strict";
import { test } from "node:test";
import type { BudgetEvent } from "./budget-events.ts";
import { createBucket } from "../store/test-bucket.ts";
import { sentenceOf, webhookMessage } from "./webhook-message.ts";

const usd = 1_000_000_000;
const atMs = Date.UTC(2026, 10, 18, 12);
const facts = { bucket: createBucket(10 * usd), spentNanoUsd: 7.5 * usd, heldNanoUsd: 0.5 * usd, atMs };
const reached: BudgetEvent = { kind: "budgetThresholdReached", threshold: 0.666, ...facts };
const projected: BudgetEvent = { kind: "budgetOverrunProjected", projectedNanoUsd: 12 * usd, ...facts };
const exceeded: BudgetEvent = { kind: "budgetLimitExceeded", ...facts };

test("a program is told all about the budget, and what is particular to the event", () => {
  const message = webhookMessage(reached, "json", "id-1");
  assert.deepEqual(message, {
    id: "id-1",
    event: "budgetThresholdReached",
    time: "2026-11-18T12:00:00.000Z",
    message: sentenceOf(reached),
    budget: {
      scope: "user",
      id: "ada",
      period: "daily",
      limitUsd: 10,
      spentUsd: 7.5,
      heldUsd: 0.5,
      startsAt: "2026-11-18T00:00:00.000Z",
      resetsAt: "2026-11-19T00:00:00.000Z",
    },
    threshold: 0.666,
  });
  const particular = (event: BudgetEvent): string[] =>
    Object.keys(webhookMessage(event, "json", "id")).filter((key) => !(key in message) || key === "threshold");
  assert.deepEqual([particular(projected), particular(exceeded)], [["projectedUsd"], []]);
  assert.equal(webhookMessage(projected, "json", "id")["projectedUsd"], 12);
});

test("the budget of everyone together has no id", () => {
  const ofAll = { ...exceeded, bucket: createBucket(10 * usd, "all", "") };
  assert.deepEqual((webhookMessage(ofAll, "json", "id")["budget"] as { id: unknown }).id, null);
});

test("a person is told in a sentence what has happened, how much it is and when it ends", () => {
  const end = /; it resets at 2026-11-19 00:00 UTC\.$/;
  for (const [event, begin] of [
    [reached, /^The daily budget of user ada has passed 67 %: \$7\.50 of \$10\.00 is spent/],
    [projected, /^The daily budget of user ada will be passed at the present pace: .*\$12\.00 is projected/],
    [exceeded, /^The daily budget of user ada had no room for a call: \$7\.50 of \$10\.00 is spent/],
    [{ ...exceeded, spentNanoUsd: 10 * usd }, /^The daily budget of user ada is used up: \$10\.00 of \$10\.00 is/],
  ] as const) {
    assert.match(sentenceOf(event), begin);
    assert.match(sentenceOf(event), end);
    assert.deepEqual(webhookMessage(event, "slack", "id"), { text: sentenceOf(event) });
  }
});
