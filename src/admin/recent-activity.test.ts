import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallRecord } from "../core/record.ts";
import { createTestRecord } from "../costs/ledger/test-record.ts";
import { RecentActivity } from "./recent-activity.ts";

const startMs = Date.UTC(2026, 10, 22, 8);

/** A call that ended `afterMs` after the start and took 100 ms. */
function call(afterMs: number, more: Partial<CallRecord> = {}): CallRecord {
  const record = createTestRecord({ id: "req_1", costNanoUsd: 1_000 });
  return { ...record, startedAtMs: startMs + afterMs - 100, durationMs: 100, ...more };
}

test("a call counts in the step in which it ended", () => {
  const activity = new RecentActivity();
  activity.observe(call(14_999));
  activity.observe(call(15_000));
  const { steps } = activity.read(startMs + 15_001);
  assert.equal(steps.length, 60);
  assert.deepEqual(
    steps.slice(-3).map(({ calls, costNanoUsd }) => [calls, costNanoUsd]),
    [
      [0, 0],
      [1, 1_000],
      [1, 1_000],
    ],
  );
});

test("the rate counts the last minute and the passed part of the step that is filling", () => {
  const activity = new RecentActivity();
  for (let afterMs = 500; afterMs <= 67_500; afterMs += 500) activity.observe(call(afterMs));
  assert.ok(Math.abs(activity.read(startMs + 67_500).callsPerMinute - 120) < 1);
});

test("errors and broken answers are failures, clients that leave are none, token counts are no calls", () => {
  const activity = new RecentActivity();
  activity.observe(call(1_000));
  activity.observe(call(1_000, { outcome: "error" }));
  activity.observe(call(1_000, { outcome: "cut" }));
  activity.observe(call(1_000, { outcome: "aborted" }));
  activity.observe(call(1_000, { endpoint: "count-tokens", outcome: "error" }));
  assert.equal(activity.read(startMs + 2_000).failedShare, 0.5);
});

test("what callers did wrong themselves is told apart", () => {
  const activity = new RecentActivity();
  activity.observe(call(1_000));
  activity.observe(call(1_000, { outcome: "error", errorCode: "caller_invalid_request" }));
  activity.observe(call(1_000, { outcome: "error", errorCode: "provider_failed" }));
  activity.observe(call(1_000, { outcome: "aborted", errorCode: "caller_gone" }));
  const { failedShare, callerFaultShare } = activity.read(startMs + 2_000);
  assert.deepEqual([failedShare, callerFaultShare], [0.5, 0.25]);
});

test("a call that is refused before any provider is asked makes no other call look faster", () => {
  const activity = new RecentActivity();
  const { attempts } = call(0);
  assert.notEqual(attempts.length, 0);
  activity.observe(call(1_000));
  for (let times = 0; times < 3; times++)
    activity.observe(call(1_000, { outcome: "error", attempts: [], durationMs: 0 }));
  assert.ok(activity.read(startMs + 2_000).p50Ms! > 90);
  activity.observe(call(1_000, { attempts: [], cacheStatus: "hit", durationMs: 1 }));
  assert.ok(activity.read(startMs + 2_000).p50Ms! < 10);
});

test("quantiles come from the last five minutes; without calls there are none", () => {
  const activity = new RecentActivity();
  assert.deepEqual([activity.read(startMs).p50Ms, activity.read(startMs).failedShare], [null, null]);
  activity.observe(call(0, { durationMs: 60_000, startedAtMs: startMs - 60_000 }));
  for (let count = 0; count < 10; count++) activity.observe(call(400_000));
  const { p95Ms } = activity.read(startMs + 400_000);
  assert.ok(p95Ms !== null && Math.abs(p95Ms - 100) < 3, String(p95Ms));
});

test("what is older than a quarter of an hour is forgotten, and a clock set back harms nothing", () => {
  const activity = new RecentActivity();
  for (let step = 0; step < 500; step++) activity.observe(call(step * 15_000));
  const lastMs = 499 * 15_000;
  const total = (atMs: number): number =>
    activity.read(startMs + atMs).steps.reduce((sum, { calls }) => sum + calls, 0);
  assert.equal(total(lastMs), 60);
  activity.observe(call(lastMs - 15_000));
  assert.equal(total(lastMs), 61);
  activity.observe(call(0));
  assert.equal(total(0), 1);
});
