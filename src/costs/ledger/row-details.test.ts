import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CallRecord } from "../../core/record.ts";
import type { PlannedTarget } from "../../core/target.ts";
import { callColumns, recordFromRow, rowFromRecord } from "./row.ts";
import { detailsFromRecord } from "./row-details.ts";
import { createTestRecord } from "./test-record.ts";

const planned: fc.Arbitrary<PlannedTarget> = fc.record({
  provider: fc.constantFrom("anthropic", "other"),
  model: fc.constantFrom("claude-sonnet-5", "gpt-5"),
  reason: fc.constantFrom("as asked", "fallback"),
});

/** Records whose details are as unusual as they come. */
const anyRecord: fc.Arbitrary<CallRecord> = fc
  .record({
    targets: fc.array(planned, { minLength: 1, maxLength: 3 }),
    isPlanned: fc.boolean(),
    unrouted: fc.option(fc.constant({ provider: "anthropic", model: "claude-opus-5" }), { nil: undefined }),
    attempts: fc.array(
      fc.record({ place: fc.nat({ max: 2 }), isOwn: fc.boolean(), hasFailed: fc.boolean(), isUnsent: fc.boolean() }),
    ),
    caller: fc.record({
      allowedModels: fc.option(fc.array(fc.string())),
      limits: fc.record({
        requestsPerMinute: fc.option(fc.nat()),
        tokensPerMinute: fc.option(fc.nat()),
        concurrentCalls: fc.option(fc.nat()),
      }),
    }),
    client: fc.record({
      agentId: fc.option(fc.string()),
      parentAgentId: fc.option(fc.string()),
      app: fc.option(fc.string()),
    }),
    rest: fc.record({
      errorMessage: fc.option(fc.string()),
      stopReason: fc.option(fc.string()),
      notes: fc.array(fc.string()),
      serviceTier: fc.string(),
    }),
    outputPrice: fc.nat(),
  })
  .map(({ targets, isPlanned, unrouted, attempts, caller, client, rest, outputPrice }) => {
    const record = createTestRecord({ id: "req_1" });
    const plan = { rule: "listed", reason: "as asked", targets, ...(unrouted === undefined ? {} : { unrouted }) };
    return {
      ...record,
      ...rest,
      caller: { ...record.caller, ...caller },
      client: { ...record.client, ...client },
      plan: isPlanned ? plan : null,
      attempts: attempts.map(({ place, isOwn, hasFailed, isUnsent }) => {
        const target = targets[place] ?? targets[0]!;
        return {
          target: isOwn ? target : { provider: target.provider, model: target.model },
          credential: "key-1",
          startedAfterMs: 0.5,
          durationMs: 12.25,
          status: hasFailed ? 529 : 200,
          errorCode: hasFailed ? ("provider_overloaded" as const) : null,
          message: hasFailed ? "busy" : null,
          ...(isUnsent ? { isUnsent: true as const } : {}),
        };
      }),
      cost: { nanoUsd: 5, prices: { ...record.cost!.prices, output: outputPrice } },
    };
  });

function readBack(record: CallRecord, details = rowFromRecord(record).at(-1)): CallRecord {
  const row = [...rowFromRecord(record).slice(0, -1), details];
  return recordFromRow(Object.fromEntries(callColumns.map((name, index) => [name, row[index] ?? null])));
}

test("a record comes back from its details as it was, whatever stood in those before it", () => {
  fc.assert(fc.property(anyRecord, (record) => assert.deepEqual(readBack(record), structuredClone(record))));
});

test("records of a session that differ in one thing have details of their own", () => {
  const base = createTestRecord({ id: "req_1" });
  const plan = base.plan!;
  const [target] = plan.targets;
  const prices = base.cost!.prices;
  const others: readonly Partial<CallRecord>[] = [
    { stopReason: "tool_use" },
    { serviceTier: "priority" },
    { cost: { nanoUsd: 1, prices: { ...prices, output: 1 } } },
    { cost: { nanoUsd: 1, prices: { ...prices, aboveContextTokens: 200_000 } } },
    { caller: { ...base.caller, allowedModels: ["claude-*"] } },
    { caller: { ...base.caller, limits: { ...base.caller.limits, concurrentCalls: 1 } } },
    { client: { ...base.client, app: "sdk" } },
    { client: { ...base.client, agentId: "a" } },
    { client: { ...base.client, parentAgentId: "a" } },
    { plan: { ...plan, rule: "other" } },
    { plan: { ...plan, reason: "other" } },
    { plan: { ...plan, targets: [{ ...target!, provider: "other" }] } },
    { plan: { ...plan, targets: [{ ...target!, model: "other" }] } },
    { plan: { ...plan, targets: [{ ...target!, reason: "other" }] } },
    { plan: { ...plan, targets: [target!, target!] } },
    { plan: { ...plan, unrouted: { provider: "other", model: "other" } } },
    { errorMessage: "other" },
    { notes: ["other"] },
    { target: null },
    { passedOver: [{ target: target!, errorCode: "provider_circuit_open", message: "open", afterAttempts: 0 }] },
    { usage: { ...base.usage!, inputAudio: 1 } },
    { usage: { ...base.usage!, longestPrompt: 1 } },
  ];
  for (const other of others) {
    const changed = { ...base, ...other };
    assert.notEqual(detailsFromRecord(base), detailsFromRecord(changed), JSON.stringify(other));
  }
});

test("what is as usual is left out, and a target of the plan is named by its place", () => {
  const record = createTestRecord({ id: "req_1" });
  const attempts = record.attempts.map((attempt) => ({ ...attempt, target: record.plan!.targets[0]! }));
  const { plan, prices, ...rest } = JSON.parse(detailsFromRecord({ ...record, attempts })) as Record<string, unknown>;
  assert.deepEqual([plan, prices], [record.plan, record.cost!.prices]);
  assert.deepEqual(rest, {
    attempts: [{ target: 0, credential: "key-1", startedAfterMs: 1, durationMs: 1230, status: 200 }],
    stopReason: "end_turn",
    client: { app: "cli" },
  });
});

test("details of an earlier version, with everything written out, are read", () => {
  const record = createTestRecord({ id: "req_1" });
  const { caller, client, plan, attempts, cost, errorMessage, stopReason, notes } = record;
  const { agentId, parentAgentId, app } = client;
  const written = {
    allowedModels: caller.allowedModels,
    limits: caller.limits,
    client: { agentId, parentAgentId, app },
    plan,
    attempts,
    prices: cost!.prices,
    errorMessage,
    stopReason,
    notes,
  };
  assert.deepEqual(readBack(record, JSON.stringify(written)), record);
});
