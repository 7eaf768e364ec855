import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createManualClock } from "../../core/time/clock.ts";
import type { ManualClock } from "../../core/time/clock.ts";
import type { ErrorCode } from "../../core/errors/error-table.ts";
import { sampleAttempt, sampleRecord } from "../sample-record.test.ts";
import { healthScore, healthStatus, latencyPart, successPart } from "./health-score.ts";
import type { HealthParts } from "./health-score.ts";
import { overallHealth } from "./overall-health.ts";
import type { HealthInputs } from "./overall-health.ts";
import { ProviderHealthTracker } from "./provider-health.ts";
import type { ProviderCondition, ProviderHealth } from "./provider-health.ts";

const part = fc.double({ min: 0, max: 1, noNaN: true });
const parts = fc.record({ success: part, latency: part, headroom: part, breaker: part });

test("the score lies between 0 and 1, is 1 for perfect parts, and no better part makes it worse", () => {
  assert.equal(healthScore({ success: 1, latency: 1, headroom: 1, breaker: 1 }), 1);
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const better: HealthParts = {
        success: Math.max(one.success, other.success),
        latency: Math.max(one.latency, other.latency),
        headroom: Math.max(one.headroom, other.headroom),
        breaker: Math.max(one.breaker, other.breaker),
      };
      const score = healthScore(one);
      assert.ok(score >= 0 && score <= 1 && healthScore(better) >= score);
    }),
  );
});

test("whatever makes a provider useless alone brings the score below one half", () => {
  const good: HealthParts = { success: 1, latency: 1, headroom: 1, breaker: 1 };
  for (const bad of [{ success: 0 }, { headroom: 0 }, { breaker: 0 }]) {
    assert.equal(healthStatus(healthScore({ ...good, ...bad })), "unhealthy");
  }
  assert.equal(healthStatus(healthScore({ ...good, latency: 0 })), "degraded");
});

test("successes never lower the success part, failures never raise it; a slower ratio never raises latency's", () => {
  const count = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(count, count, fc.double({ min: 0, max: 100, noNaN: true }), (successes, failures, more) => {
      const before = successPart(successes, failures);
      assert.ok(before > 0 && before <= 1);
      assert.ok(successPart(successes + more, failures) >= before);
      assert.ok(successPart(successes, failures + more) <= before);
      assert.ok(latencyPart(1 + more, 10) >= latencyPart(1 + more + successes, 10));
    }),
  );
  assert.deepEqual([latencyPart(1.4, 100), latencyPart(5, 100), latencyPart(9, 100), latencyPart(9, 0)], [1, 0, 0, 1]);
});

function createTracker(condition: Partial<ProviderCondition> = {}): {
  clock: ManualClock;
  tracker: ProviderHealthTracker;
  read: () => ProviderHealth;
} {
  const clock = createManualClock(1_700_000_000_000);
  const tracker = new ProviderHealthTracker(clock, () => ({ breakers: [], credentials: [], ...condition }));
  tracker.configure(["anthropic"]);
  const read = (): ProviderHealth => {
    const [health] = tracker.read();
    assert.ok(health !== undefined);
    return health;
  };
  return { clock, tracker, read };
}

function feed(tracker: ProviderHealthTracker, count: number, errorCode: ErrorCode | null, firstByteMs = 504): void {
  const attempt = { ...sampleAttempt, errorCode, message: errorCode === null ? null : "the provider's words" };
  for (let index = 0; index < count; index++) tracker.observe(sampleRecord({ attempts: [attempt], firstByteMs }));
}

test("a provider without calls is healthy, one failure alone is no outage, ten in a row are", () => {
  const { tracker, read } = createTracker();
  assert.deepEqual([read().status, read().score], ["healthy", 1]);
  feed(tracker, 1, "provider_overloaded");
  assert.notEqual(read().status, "unhealthy");
  feed(tracker, 9, "provider_overloaded");
  assert.equal(read().status, "unhealthy");
  assert.deepEqual(
    [read().lastError?.code, read().lastError?.message],
    ["provider_overloaded", "the provider's words"],
  );
});

test("token counts say nothing, be they good or bad", () => {
  const { tracker, read } = createTracker();
  const failed = { ...sampleAttempt, errorCode: "provider_failed" } as const;
  for (const attempt of [failed, sampleAttempt]) {
    for (let count = 0; count < 40; count++) {
      tracker.observe(sampleRecord({ endpoint: "count-tokens", attempts: [attempt] }));
    }
  }
  assert.deepEqual([read().score, read().attempts], [1, 0]);
});

test("a provider whose answers break off in mid-stream is unhealthy, and its last error is when the last one broke off", () => {
  const { tracker, read } = createTracker();
  const record = sampleRecord({ outcome: "cut", errorCode: "provider_cut_answer", errorMessage: "it broke off" });
  for (let index = 0; index < 10; index++) tracker.observe(record);
  assert.equal(read().status, "unhealthy");
  const { startedAtMs, durationMs } = record;
  assert.deepEqual(read().lastError, {
    code: "provider_cut_answer",
    model: "claude-sonnet-5",
    message: "it broke off",
    atMs: startedAtMs + durationMs,
  });
});

test("a provider whose clients leave in the middle of its answers has given them", () => {
  const { tracker, read } = createTracker();
  const left = { outcome: "aborted", errorCode: "caller_gone", errorMessage: "the client left" } as const;
  for (let index = 0; index < 10; index++) tracker.observe(sampleRecord(left));
  assert.deepEqual([read().status, read().attempts, read().lastError], ["healthy", 10, null]);
});

test("a probe counts like an attempt, whether it is answered or fails", () => {
  const { tracker, read } = createTracker();
  tracker.observeProbe("anthropic", null);
  tracker.observeProbe("anthropic", { code: "provider_timeout", message: "it said nothing" });
  assert.deepEqual([read().attempts, read().lastError?.model], [2, ""]);
});

test("it recovers by good calls, and by being left alone", () => {
  const { clock, tracker, read } = createTracker();
  feed(tracker, 20, "provider_timeout");
  const { score } = read();
  feed(tracker, 50, null);
  assert.ok(read().score > score);
  const left = createTracker();
  feed(left.tracker, 1_000, "provider_timeout");
  let before = left.read().score;
  assert.ok(before < 0.01);
  for (let minute = 0; minute < 60; minute++) {
    left.clock.advanceMs(60_000);
    assert.ok(left.read().score >= before);
    before = left.read().score;
  }
  assert.equal(left.read().status, "healthy");
  clock.advanceMs(0);
});

test("what is the caller's fault, or was never sent, does not touch a provider's health", () => {
  const { tracker, read } = createTracker();
  for (const code of [
    "caller_invalid_request",
    "provider_rejected_request",
    "provider_circuit_open",
    "caller_gone",
  ] as const) {
    feed(tracker, 50, code);
  }
  assert.deepEqual([read().score, read().lastError], [1, null]);
});

test("rate limits lower the headroom, and with it the score, not the success", () => {
  const { tracker, read } = createTracker();
  feed(tracker, 50, "provider_rate_limited");
  assert.equal(read().parts.success, 1);
  assert.ok(read().parts.headroom < 0.05);
  assert.equal(read().status, "unhealthy");
});

test("latency is judged by the model's own habit", () => {
  const { clock, tracker, read } = createTracker();
  feed(tracker, 200, null, 504);
  assert.equal(read().parts.latency, 1);
  clock.advanceMs(600_000);
  feed(tracker, 20, null, 10_004);
  assert.ok(read().parts.latency < 0.2, String(read().parts.latency));
  assert.equal(read().parts.success, 1);
});

test("open breakers and cooling credentials show in their parts", () => {
  const { read } = createTracker({
    breakers: ["open", "closed"],
    credentials: [{ freeShare: 0 }, { freeShare: 1 }],
  });
  assert.deepEqual([read().parts.breaker, read().parts.headroom], [0.5, 0.5]);
});

test("left alone, a provider whose breaker would let a call through is not unhealthy; one whose breaker is open is", () => {
  for (const [breaker, status] of [
    ["half-open", "degraded"],
    ["open", "unhealthy"],
  ] as const) {
    const { clock, tracker, read } = createTracker({ breakers: [breaker] });
    feed(tracker, 20, "provider_timeout");
    assert.equal(read().status, "unhealthy");
    clock.advanceMs(3_600_000);
    assert.equal(read().status, status);
  }
});

test("a status keeps the time since when it has been so", () => {
  const { clock, tracker, read } = createTracker();
  const start = read().sinceMs;
  clock.advanceMs(5_000);
  assert.equal(read().sinceMs, start);
  feed(tracker, 50, "provider_failed");
  assert.equal(read().sinceMs, start + 5_000);
  clock.advanceMs(1_000);
  assert.equal(read().sinceMs, start + 5_000);
});

test("providers that leave the configuration are forgotten, new ones are watched", () => {
  const { tracker } = createTracker();
  feed(tracker, 50, "provider_failed");
  tracker.configure(["openai", "anthropic"]);
  assert.deepEqual(
    tracker.read().map((health) => [health.name, health.status]),
    [
      ["anthropic", "unhealthy"],
      ["openai", "healthy"],
    ],
  );
  tracker.configure(["openai"]);
  assert.deepEqual(
    tracker.read().map((health) => health.name),
    ["openai"],
  );
});

const healthy: ProviderHealth = {
  name: "anthropic",
  status: "healthy",
  score: 1,
  parts: { success: 1, latency: 1, headroom: 1, breaker: 1 },
  attempts: 1,
  lastError: null,
  sinceMs: 0,
};
const calm: HealthInputs = {
  providers: [healthy],
  dependencies: [],
  isDraining: false,
  isConfigCurrent: true,
  eventLoopLagMs: 1,
  heapRatio: 0.2,
};

test("the router is healthy without reasons, degraded while calls go on, unhealthy when they cannot", () => {
  const sick: ProviderHealth = { ...healthy, name: "openai", status: "unhealthy", score: 0.1 };
  const away = { name: "redis", isUp: false, consequence: "budgets are not shared", isRequired: false };
  assert.deepEqual(overallHealth(calm), { status: "healthy", reasons: [] });
  assert.equal(overallHealth({ ...calm, providers: [healthy, sick] }).status, "degraded");
  assert.equal(overallHealth({ ...calm, providers: [sick] }).status, "unhealthy");
  assert.equal(overallHealth({ ...calm, providers: [] }).status, "unhealthy");
  assert.equal(overallHealth({ ...calm, dependencies: [away] }).status, "degraded");
  assert.equal(overallHealth({ ...calm, dependencies: [{ ...away, isRequired: true }] }).status, "unhealthy");
  assert.equal(overallHealth({ ...calm, isConfigCurrent: false }).status, "degraded");
  const worst = overallHealth({ ...calm, eventLoopLagMs: 500, isDraining: true });
  assert.deepEqual(
    [worst.status, worst.reasons.map((reason) => reason.component)],
    ["unhealthy", ["router", "process"]],
  );
});
