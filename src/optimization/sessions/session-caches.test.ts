import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallRecord } from "../../core/record.ts";
import type { Target } from "../../core/target.ts";
import type { Usage } from "../../core/usage.ts";
import { zeroUsage } from "../../core/usage.ts";
import { createTestRecord } from "../../costs/ledger/test-record.ts";
import { promptCacheRulesOf } from "./prompt-cache-rules.ts";
import { createSessionCaches } from "./session-caches.ts";
import type { ConversationState, SessionCaches } from "./session-caches.ts";
import { warmTokensAt } from "./warm-prefix.ts";

const startMs = Date.UTC(2026, 10, 18, 9);
const minute = 60_000;
const claude: Target = { provider: "anthropic", model: "claude-sonnet-5" };
const gpt: Target = { provider: "openai", model: "gpt-5.2" };
const conversation = { sessionId: "s", agentId: null, askedModel: "claude-sonnet-5" };

function create(maxConversations = 10): SessionCaches {
  return createSessionCaches({
    maxConversations,
    rulesOf: (target) => promptCacheRulesOf(target.provider, target.model),
  });
}

function call(afterMs: number, target: Target, usage: Partial<Usage>, more: Partial<CallRecord> = {}): CallRecord {
  const base = createTestRecord({ id: `req_${afterMs}`, startedAtMs: startMs + afterMs, session: "s" });
  return { ...base, target, usage: { ...zeroUsage, ...usage }, requestBytes: 100_000, ...more };
}

function warmAt(state: ConversationState | null, target: Target, afterMs: number): number {
  const prefix = state?.prefixes.get(`${target.provider}/${target.model}`);
  return prefix === undefined ? 0 : warmTokensAt(prefix, startMs + afterMs);
}

test("a marked cache holds what was read and written for five minutes after the last use", () => {
  const caches = create();
  caches.observe(call(0, claude, { uncachedInput: 50, cacheWrite5m: 30_000 }));
  caches.observe(call(4 * minute, claude, { uncachedInput: 50, cacheRead: 30_000, cacheWrite5m: 2_000 }));
  const state = caches.find(conversation);
  assert.equal(warmAt(state, claude, 8.9 * minute), 32_000);
  assert.equal(warmAt(state, claude, 9 * minute), 0);
});

test("a part marked for an hour stays warm for an hour, the rest for five minutes", () => {
  const caches = create();
  caches.observe(call(0, claude, { cacheWrite1h: 20_000, cacheWrite5m: 10_000 }));
  caches.observe(call(minute, claude, { cacheRead: 30_000, cacheWrite5m: 1_000 }));
  const state = caches.find(conversation);
  assert.equal(warmAt(state, claude, 5 * minute), 31_000);
  assert.equal(warmAt(state, claude, 30 * minute), 20_000);
  assert.equal(warmAt(state, claude, 61 * minute), 0);
});

test("a cache that fills itself holds the whole prompt, from its least size on", () => {
  const caches = create();
  caches.observe(call(0, gpt, { uncachedInput: 900 }));
  assert.equal(warmAt(caches.find(conversation), gpt, minute), 0);
  caches.observe(call(minute, gpt, { uncachedInput: 12_000, cacheRead: 0 }));
  assert.equal(warmAt(caches.find(conversation), gpt, 10 * minute), 12_000);
  assert.equal(warmAt(caches.find(conversation), gpt, 11 * minute), 0);
});

test("each target keeps its own prefix when a session has moved", () => {
  const caches = create();
  caches.observe(call(0, claude, { cacheWrite5m: 30_000 }));
  caches.observe(call(minute, gpt, { uncachedInput: 25_000 }));
  const state = caches.find(conversation);
  assert.deepEqual([warmAt(state, claude, 2 * minute), warmAt(state, gpt, 2 * minute)], [30_000, 25_000]);
  assert.deepEqual(state?.lastTarget, gpt);
});

test("a short call in between does not make one forget the long prefix", () => {
  const caches = create();
  caches.observe(call(0, claude, { cacheWrite5m: 30_000 }));
  caches.observe(call(minute, claude, { uncachedInput: 400 }));
  assert.equal(warmAt(caches.find(conversation), claude, 2 * minute), 30_000);
});

test("subagents and other asked models are conversations of their own", () => {
  const caches = create();
  const client = { sessionId: "s", agentId: "explore", parentAgentId: null, app: "cli" };
  caches.observe(call(0, claude, { cacheWrite5m: 5_000 }, { client }));
  assert.equal(caches.find(conversation), null);
  assert.equal(caches.find({ ...conversation, agentId: "explore" })?.turns, 1);
});

test("growth, output and pauses are learned; a compacted prompt says nothing of growth", () => {
  const caches = create();
  for (const [minutes, input, output] of [
    [0, 20_000, 300],
    [1, 22_000, 500],
    [30, 26_000, 700],
    [31, 8_000, 900],
  ] as const) {
    caches.observe(call(minutes * minute, claude, { cacheWrite5m: input, output }));
  }
  const state = caches.find(conversation);
  assert.deepEqual([state?.turns, state?.growthTokens, state?.growths, state?.outputTokens], [4, 3_000, 2, 600]);
  assert.deepEqual(state?.pauses, { gaps: 3, longer: [1, 1, 0, 0] });
});

test("calls without a session, without counts or served by the answer cache say nothing", () => {
  const caches = create();
  const usage = { uncachedInput: 9_000 };
  caches.observe(call(0, gpt, usage, { client: { sessionId: null, agentId: null, parentAgentId: null, app: null } }));
  caches.observe(call(0, gpt, usage, { isUsageEstimated: true }));
  caches.observe(call(0, gpt, usage, { cacheStatus: "hit" }));
  caches.observe(call(0, gpt, usage, { target: null }));
  assert.equal(caches.size(), 0);
});

test("a target whose cache is promised but never read loses its credit", () => {
  const caches = create();
  const before = caches.reuseOf(gpt);
  for (let turn = 0; turn < 60; turn++) caches.observe(call(turn * 1000, gpt, { uncachedInput: 20_000 }));
  assert.ok(before > 0.9 && caches.reuseOf(gpt) < 0.35, `${caches.reuseOf(gpt)}`);
});

test("memory is bounded: the conversation silent longest goes first", () => {
  const caches = create(2);
  for (const sessionId of ["a", "b", "a", "c"]) {
    const client = { sessionId, agentId: null, parentAgentId: null, app: null };
    caches.observe(call(0, gpt, { uncachedInput: 2_000 }, { client }));
  }
  assert.equal(caches.size(), 2);
  assert.equal(caches.find({ ...conversation, sessionId: "b" }), null);
  assert.equal(caches.find({ ...conversation, sessionId: "a" })?.turns, 2);
});
