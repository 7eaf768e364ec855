import assert from "node:assert/strict";
import { test } from "node:test";
import type { BucketState } from "./store/budget-store.ts";
import { refusalOf } from "./refusal.ts";
import { oauthUsageBody, refusalHeaders, spendHeaders, unreadableHeaders } from "./spend-headers.ts";
import { windowAt } from "./caps/windows.ts";
import type { BudgetPeriod } from "./caps/windows.ts";

const usd = 1_000_000_000;
const nowMs = Date.UTC(2026, 10, 18, 23, 59, 30);
const thresholds = { warning: 0.75, critical: 0.95 };
const midnight = String(Date.UTC(2026, 10, 19) / 1000);

function state(spentUsd: number, limitUsd: number, period: BudgetPeriod = "daily"): BucketState {
  const bucket = {
    scope: "user" as const,
    id: "ada",
    period,
    limitNanoUsd: limitUsd * usd,
    ...windowAt(period, nowMs),
  };
  return { bucket, spentNanoUsd: spentUsd * usd, heldNanoUsd: 0 };
}

test("a caller below every threshold is told that all is well, and how full the cap is", () => {
  assert.deepEqual(spendHeaders([state(2.345, 10)], thresholds), {
    "anthropic-ratelimit-unified-status": "allowed",
    "anthropic-ratelimit-unified-overage-status": "allowed",
    "anthropic-ratelimit-unified-representative-claim": "overage",
    "anthropic-ratelimit-unified-overage-utilization": "0.23",
    "anthropic-ratelimit-unified-reset": midnight,
    "anthropic-ratelimit-unified-overage-reset": midnight,
  });
});

test("past a threshold the headers warn and name it", () => {
  for (const [spent, threshold] of [
    [7.5, "0.75"],
    [9.49, "0.75"],
    [9.5, "0.95"],
    [12, "0.95"],
  ] as const) {
    const headers = spendHeaders([state(spent, 10)], thresholds);
    assert.equal(headers["anthropic-ratelimit-unified-status"], "allowed_warning");
    assert.equal(headers["anthropic-ratelimit-unified-overage-status"], "allowed_warning");
    assert.equal(headers["anthropic-ratelimit-unified-overage-surpassed-threshold"], threshold);
  }
});

test("utilization stays below 1 while calls are served", () => {
  for (const spent of [9.999, 10, 14]) {
    const headers = spendHeaders([state(spent, 10)], thresholds);
    assert.equal(headers["anthropic-ratelimit-unified-overage-utilization"], "0.99");
  }
});

test("of several caps the fullest is described; without caps nothing is", () => {
  const headers = spendHeaders([state(1, 10), state(80, 100, "monthly"), state(2, 10, "weekly")], thresholds);
  assert.equal(headers["anthropic-ratelimit-unified-reset"], String(Date.UTC(2026, 11, 1) / 1000));
  assert.deepEqual(spendHeaders([], thresholds), {});
});

test("a refusal carries the headers with which the client prints our message, and no other", () => {
  const refusal = refusalOf([state(10, 10), state(3, 100, "monthly")], 1, nowMs);
  assert.deepEqual(refusalHeaders(refusal), {
    "retry-after": "30",
    "x-should-retry": "false",
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-reset": midnight,
    "anthropic-ratelimit-unified-overage-reset": midnight,
    "anthropic-ratelimit-unified-overage-utilization": "1",
    "anthropic-ratelimit-unified-overage-surpassed-threshold": "1",
    "anthropic-ratelimit-unified-overage-period": "daily",
    "anthropic-ratelimit-unified-overage-disabled-reason": "org_spend_cap_reached",
  });
});

test("where held money alone is in the way, nothing tells the client to give up", () => {
  const held = { ...state(5, 10), heldNanoUsd: 5 * usd };
  assert.deepEqual(refusalHeaders(refusalOf([held], 1, nowMs)), { "retry-after": "5" });
});

test("unreadable counters are told with the reason alone", () => {
  assert.deepEqual(unreadableHeaders(), {
    "x-should-retry": "false",
    "anthropic-ratelimit-unified-overage-disabled-reason": "fetch_error",
  });
});

test("the usage body speaks of cents, whole percents and resets", () => {
  assert.deepEqual(oauthUsageBody([state(2.345, 10), state(80, 100, "monthly")]), {
    extra_usage: { is_enabled: true, monthly_limit: 10_000, used_credits: 8_000, utilization: 80, currency: "USD" },
    limits: [
      {
        kind: "spend",
        group: "daily",
        percent: 23,
        resets_at: "2026-11-19T00:00:00.000Z",
        severity: "normal",
        is_active: true,
      },
      {
        kind: "spend",
        group: "monthly",
        percent: 80,
        resets_at: "2026-12-01T00:00:00.000Z",
        severity: "normal",
        is_active: true,
      },
    ],
  });
});

test("the extra usage is the month's, else the fullest; a limit of nothing is full", () => {
  const extra = (...states: readonly BucketState[]): unknown => oauthUsageBody(states)["extra_usage"];
  const shown = (limit: number, credits: number, utilization: number): unknown => ({
    is_enabled: true,
    monthly_limit: limit,
    used_credits: credits,
    utilization,
    currency: "USD",
  });
  assert.deepEqual(extra(state(9, 10), state(20, 100, "monthly")), shown(10_000, 2_000, 20));
  assert.deepEqual(extra(state(2, 10), state(9, 10, "weekly")), shown(1_000, 900, 90));
  assert.deepEqual(extra(state(0, 0)), shown(0, 0, 100));
  assert.deepEqual(extra(state(15, 10)), shown(1_000, 1_500, 100));
  assert.deepEqual(extra(state(0.016, 10)), shown(1_000, 2, 0));
});

test("a caller without caps has no extra usage", () => {
  const body = oauthUsageBody([]);
  assert.deepEqual(body["limits"], []);
  assert.deepEqual(body["extra_usage"], {
    is_enabled: false,
    monthly_limit: null,
    used_credits: 0,
    utilization: 0,
    currency: "USD",
  });
});
