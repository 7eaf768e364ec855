import assert from "node:assert/strict";
import { test } from "node:test";
import { noLimits, stranger } from "../core/caller.ts";
import { createManualClock } from "../core/time/clock.ts";
import { silentLogger } from "../core/log/logging.ts";
import type { CallRecord } from "../core/record.ts";
import type { BudgetCall } from "../costs/budgets/budget-verdict.ts";
import type { AnswerPump } from "./answer/answer-pump.ts";
import type { Exchange } from "./request/exchange.ts";
import type { Gateway } from "./gateway.ts";
import type { LimitStore } from "./limits/limit-store.ts";
import { createMemoryLimits } from "./limits/memory-limits.ts";
import { createOpenCalls } from "./open-calls.ts";
import type { OpenCall } from "./open-call.ts";
import { settleCall } from "./settle-call.ts";

const limit = { ...noLimits, scope: "user", id: "ada", concurrentCalls: 1 } as const;

/** A call under a limit of one at a time, with money held, whose answer cannot be read. */
function setUp(limits: LimitStore) {
  const clock = createManualClock(0);
  clock.advanceMs(1_000);
  const openCalls = createOpenCalls({ maxCalls: 10, pingAfterMs: 1_000 }, clock);
  const settled: { readonly callId: string; readonly costNanoUsd: number }[] = [];
  const gateway = {
    clock,
    logger: silentLogger,
    openCalls,
    limits,
    recordSinks: [],
    budgets: {
      settle: ({ call: { callId } }: { readonly call: BudgetCall }, costNanoUsd: number) => {
        settled.push({ callId, costNanoUsd });
        return Promise.resolve();
      },
    },
    budgetUse: { observe: () => undefined },
    remainingShares: { observe: () => undefined },
  } as unknown as Gateway;
  const exchange = { status: 200, bytesWritten: 0, header: () => undefined } as unknown as Exchange;
  const call: OpenCall = openCalls.open(exchange, "messages", "anthropic-messages");
  const entered = limits.enter([limit], 0, 0);
  assert.ok(!(entered instanceof Promise) && entered.kind === "entered");
  call.limited = { ...entered, atMs: 0 };
  const subject = { user: "ada", team: null, tier: "gold", keyId: "k", askedModel: "m" };
  const heldCall = { callId: call.id, subject, atMs: 0, range: { leastNanoUsd: 0, mostNanoUsd: 5 }, patienceMs: 0 };
  call.held = {
    ticket: { call: heldCall, buckets: [], hadHold: true, heldNanoUsd: 0 },
    more: [],
    headers: {},
    states: [],
  };
  const facts = (): never => {
    throw new Error("a defect");
  };
  call.pump = { relay: { facts } } as unknown as AnswerPump;
  return { gateway, call, openCalls, settled };
}

test("a call whose record cannot be made still leaves its limits, its hold and the list of open calls", () => {
  const limits = createMemoryLimits();
  const { gateway, call, openCalls, settled } = setUp(limits);
  assert.throws(() => settleCall(gateway, call), /a defect/);
  assert.equal((limits.enter([limit], 0, 0) as { kind: string }).kind, "entered");
  assert.deepEqual(settled, [{ callId: call.id, costNanoUsd: 0 }]);
  assert.equal(openCalls.count(), 0);
  openCalls.stop();
});

test("a call that ended before its request was read has a record all the same, with its times from the call's start", () => {
  const { gateway, call, openCalls } = setUp(createMemoryLimits());
  const records: CallRecord[] = [];
  call.pump = null;
  call.headSentAt = call.startedAt + 20;
  settleCall(
    { ...gateway, recordSinks: [(record) => void records.push(record)], answerSink: () => undefined, caching: null },
    call,
  );
  assert.deepEqual(
    records.map(({ askedModel, firstByteMs, caller }) => [askedModel, firstByteMs, caller]),
    [["", 20, stranger]],
  );
  openCalls.stop();
});
