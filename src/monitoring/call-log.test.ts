import assert from "node:assert/strict";
import { test } from "node:test";
import { stranger } from "../core/caller.ts";
import { StructuredLogger } from "../core/log/logging.ts";
import type { CallRecord } from "../core/record.ts";
import { callLevel, createCallLog } from "./call-log.ts";
import { sampleAttempt, sampleRecord } from "./sample-record.test.ts";

function logLine(record: CallRecord): Record<string, unknown> {
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line), flush: () => undefined, close: () => undefined };
  const logger = new StructuredLogger({ output });
  createCallLog(logger)(record);
  logger.close();
  assert.equal(lines.length, 1);
  return JSON.parse(lines[0] ?? "") as Record<string, unknown>;
}

test("a call is one line with who, where, how long, how many tokens, how much", () => {
  const line = logLine(sampleRecord());
  const {
    level,
    component,
    msg,
    callId,
    user,
    target,
    status,
    durationMs,
    routerMs,
    inputTokens,
    outputTokens,
    costUsd,
  } = line;
  assert.deepEqual(
    { level, component, msg, callId, user, target, status, durationMs, routerMs, inputTokens, outputTokens, costUsd },
    {
      level: "info",
      component: "calls",
      msg: "call success",
      callId: "req_0123456789abcdef01234567",
      user: "ada",
      target: "anthropic/claude-sonnet-5",
      status: 200,
      durationMs: 2010,
      routerMs: 10,
      inputTokens: 1000,
      outputTokens: 101,
      costUsd: 0.0021,
    },
  );
});

test("calls of a session that differ in one thing have lines of their own", () => {
  const usual = sampleRecord();
  // Its key is called as its session: what stands for a call without one.
  const client = { ...usual.client, sessionId: "s" };
  const base = { ...usual, client, caller: { ...usual.caller, keyId: "s" } };
  const others: readonly [field: string, other: Partial<CallRecord>][] = [
    ["user", { caller: { ...base.caller, user: "other" } }],
    ["sessionId", { client: { ...client, sessionId: null } }],
    ["endpoint", { endpoint: "chat-completions" }],
    ["askedModel", { askedModel: "other" }],
    ["target", { target: { provider: "other", model: base.target!.model } }],
    ["target", { target: { provider: base.target!.provider, model: "other" } }],
    ["rule", { plan: { rule: "other", reason: "as asked", targets: [] } }],
  ];
  for (const [field, other] of others) {
    const lines = [logLine(base), logLine({ ...base, ...other })];
    assert.notEqual(lines[0]?.[field], lines[1]?.[field], field);
  }
});

test("calls without a known key are warnings that fold, however many come", () => {
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line), flush: () => undefined, close: () => undefined };
  const logger = new StructuredLogger({ output });
  const logCall = createCallLog(logger);
  const refused = { caller: stranger, status: 401, errorCode: "caller_authentication_failed" } as const;
  for (let call = 0; call < 1_000; call++)
    logCall({ ...sampleRecord(), ...refused, outcome: "error", errorMessage: "unknown or revoked key" });
  logger.close();
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(told.length, 6);
  assert.deepEqual(
    [told[0]?.["level"], told[0]?.["component"], told[0]?.["errorMessage"], told[5]?.["folded"]],
    ["warn", "access", "unknown or revoked key", 995],
  );
});

test("a call that is refused because of too many others is an error, and no wrong key", () => {
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line), flush: () => undefined, close: () => undefined };
  const logger = new StructuredLogger({ output });
  const refused = { caller: stranger, status: 529, errorCode: "router_overloaded", outcome: "error" } as const;
  createCallLog(logger)({ ...sampleRecord(), ...refused });
  logger.close();
  const { level, component, msg } = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.deepEqual([level, component, msg], ["error", "access", "a call was refused at the door"]);
});

test("the level is that of whose fault the end was", () => {
  assert.equal(callLevel({ outcome: "success", errorCode: null }), "info");
  assert.equal(callLevel({ outcome: "error", errorCode: "caller_invalid_request" }), "info");
  assert.equal(callLevel({ outcome: "error", errorCode: "policy_budget_exceeded" }), "info");
  assert.equal(callLevel({ outcome: "aborted", errorCode: "caller_gone" }), "info");
  assert.equal(callLevel({ outcome: "error", errorCode: "provider_overloaded" }), "warn");
  assert.equal(callLevel({ outcome: "cut", errorCode: "provider_cut_answer" }), "warn");
  assert.equal(callLevel({ outcome: "error", errorCode: "router_failed" }), "error");
  assert.equal(callLevel({ outcome: "error", errorCode: "dependency_budget_unreadable" }), "error");
});

test("attempts that failed are told, with a key in a provider's message hidden", () => {
  const message = "Incorrect API key provided: sk-abcdefghijklmnop";
  const failed = { ...sampleAttempt, status: 401, errorCode: "provider_rejected_credentials" as const, message };
  const line = logLine(sampleRecord({ attempts: [failed, sampleAttempt] }));
  assert.equal(
    JSON.stringify(line["failedAttempts"]),
    '[{"target":"anthropic/claude-sonnet-5","status":401,"errorCode":"provider_rejected_credentials","message":"Incorrect API key provided: [hidden]","durationMs":2000}]',
  );
});
