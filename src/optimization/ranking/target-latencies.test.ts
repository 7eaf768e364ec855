import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallRecord } from "../../core/record.ts";
import { createTestRecord } from "../../costs/ledger/test-record.ts";
import { createTargetLatencies } from "./target-latencies.ts";

function served(model: string, firstByteMs: number | null, changes: Partial<CallRecord> = {}): CallRecord {
  const record = createTestRecord({ id: "req_1" });
  const target = { provider: "p", model };
  const attempt = { ...record.attempts[0]!, target };
  return { ...record, target, firstByteMs, outcome: "success", attempts: [attempt], ...changes };
}

test("the first twenty calls weigh the same, later ones a twentieth each", () => {
  const latencies = createTargetLatencies();
  assert.equal(latencies.find({ provider: "p", model: "m" }), null);
  for (let call = 1; call <= 20; call++) latencies.observe(served("m", call * 10));
  const { value, samples } = latencies.find({ provider: "p", model: "m" })!;
  assert.deepEqual([Math.round(value * 1e6) / 1e6, samples], [105, 20]);
  latencies.observe(served("m", 305));
  assert.ok(Math.abs(latencies.find({ provider: "p", model: "m" })!.value - 115) < 1e-6);
});

test("a call that failed, was tried twice or has no answer of its own says nothing", () => {
  const latencies = createTargetLatencies();
  const [attempt] = served("m", 1).attempts;
  for (const record of [
    served("m", 1, { outcome: "error" }),
    served("m", 1, { attempts: [attempt!, attempt!] }),
    served("m", 1, { attempts: [] }),
    served("m", 1, { target: null }),
    served("m", null),
  ]) {
    latencies.observe(record);
  }
  assert.equal(latencies.find({ provider: "p", model: "m" }), null);
});

test("however many models clients name, a new one is learned, and the one seen longest ago forgotten", () => {
  const latencies = createTargetLatencies();
  for (let model = 0; model < 1_000; model++) latencies.observe(served(`m-${model}`, 10));
  latencies.observe(served("m-0", 10));
  latencies.observe(served("new", 10));
  const known = ["m-0", "m-1", "m-2", "new"].map((model) => latencies.find({ provider: "p", model }) !== null);
  assert.deepEqual(known, [true, false, true, true]);
});
