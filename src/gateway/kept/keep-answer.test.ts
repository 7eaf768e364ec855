import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeptAnswer } from "../../cache/answer-store.ts";
import { stranger } from "../../core/caller.ts";
import type { CallRecord } from "../../core/record.ts";
import { zeroUsage } from "../../core/usage.ts";
import { emptyFacts, garbledPayload } from "../../dialects/answer-facts.ts";
import type { AnswerFacts } from "../../dialects/answer-facts.ts";
import type { AnswerCaching, CacheLead } from "../answer-caching.ts";
import { keepAnswer, keepCount } from "./keep-answer.ts";
import type { OpenCall, PlannedCall } from "../open-call.ts";

const target = { provider: "p", model: "m" };
const nowMs = 1_000;
const epoch = 3;
const usage = { ...zeroUsage, uncachedInput: 5, output: 7 };
const whole: AnswerFacts = { ...emptyFacts, usage, isComplete: true, stopReason: "end_turn" };

interface Kept {
  readonly key: string;
  readonly answer: Omit<KeptAnswer, "expiresAtMs">;
  readonly ttlMs: number | undefined;
}

function cachingInto(kept: Kept[]): AnswerCaching {
  const keep = (key: string, answer: Kept["answer"], _: number, ttlMs?: number): unknown =>
    kept.push({ key, answer, ttlMs });
  return { cache: { epoch, store: { keep } } } as unknown as AnswerCaching;
}

interface Changes {
  readonly facts?: Partial<AnswerFacts>;
  readonly record?: Partial<CallRecord>;
  readonly call?: object;
  readonly lead?: Partial<CacheLead>;
  readonly status?: number;
  readonly body?: string;
  readonly isStream?: boolean;
}

/** What is kept of a call's whole answer. */
function keptOf({ facts, record, call, lead, status = 200, body = "{}", isStream = false }: Changes = {}): Kept[] {
  const answer = { head: { status }, body: Buffer.from(body), pace: [{ afterMs: 1, bytes: 2 }] };
  const open = {
    endpoint: "messages",
    error: null,
    lead: { key: "k", ttlMs: 60, epoch, hasLeft: false, flight: { whole: () => answer }, ...lead },
    pump: { relay: { isStreamed: isStream } },
    prepared: { dialect: "anthropic-messages" },
    ...call,
  };
  const told = {
    outcome: "success",
    target,
    plan: { rule: "r", reason: "", targets: [{ ...target, reason: "" }] },
    usage,
    isUsageEstimated: false,
    caller: { ...stranger, user: "ada" },
    askedModel: "asked",
    endpoint: "messages",
    ...record,
  };
  const kept: Kept[] = [];
  const caching = cachingInto(kept);
  keepAnswer(caching, open as unknown as OpenCall, told as CallRecord, { ...whole, ...facts }, nowMs);
  return kept;
}

test("a whole answer of the first target is kept as it came, with whose it is and what it would have cost", () => {
  const [kept, ...others] = keptOf();
  assert.deepEqual([kept?.key, kept?.ttlMs, others], ["k", 60, []]);
  const { body, facts, ...answer } = kept!.answer;
  assert.equal(body.toString(), "{}");
  assert.deepEqual([facts.usage, facts.isUsageEstimated, facts.stopReason], [usage, false, "end_turn"]);
  assert.deepEqual(answer, {
    target,
    dialect: "anthropic-messages",
    endpoint: "messages",
    isStream: false,
    pace: [],
    keptAtMs: nowMs,
    user: "ada",
    askedModel: "asked",
  });
  assert.deepEqual(keptOf({ isStream: true })[0]?.answer.pace, [{ afterMs: 1, bytes: 2 }]);
});

test("an answer is kept though its client left before the end, and not one that the router cut", () => {
  const goneWith = (code: string, hasLeft: boolean): number =>
    keptOf({ record: { outcome: "aborted" }, lead: { hasLeft }, call: { error: { code } } }).length;
  assert.deepEqual([goneWith("caller_gone", true), goneWith("caller_gone", false)], [1, 0]);
  assert.equal(goneWith("router_shutting_down", true), 0);
});

test("what is no whole answer of the first target is not kept", () => {
  const planned = { rule: "r", reason: "", targets: [{ provider: "q", model: "m", reason: "" }] };
  const cases: Readonly<Record<string, Changes>> = {
    "another target's": { record: { plan: planned } },
    "no target's": { record: { target: null } },
    "no plan's": { record: { plan: null } },
    "a failure": { record: { outcome: "error" } },
    "cut off": { facts: { isComplete: false } },
    "with an error inside": { facts: { error: garbledPayload } },
    "without an end": { facts: { stopReason: null } },
    "a refusal": { facts: { stopReason: "refusal" } },
    filtered: { facts: { stopReason: "content_filter" } },
    paused: { facts: { stopReason: "pause_turn" } },
    "of another status": { status: 201 },
    "of a cache that was cleared meanwhile": { lead: { epoch: epoch - 1 } },
    "not held": { lead: { flight: { whole: () => null } as unknown as CacheLead["flight"] } },
    "without a pump": { call: { pump: null } },
    "of a call that nobody may share": { call: { lead: null } },
  };
  for (const [name, changes] of Object.entries(cases)) assert.deepEqual(keptOf(changes), [], name);
});

test("a count of tokens is kept where its provider counted", () => {
  const call = { endpoint: "count-tokens" };
  const countOf = (body: string): number => keptOf({ call, body, facts: { isComplete: false } }).length;
  assert.deepEqual(['{"input_tokens":5}', '{"input_tokens":"5"}', "[]", "no JSON"].map(countOf), [1, 0, 0, 0]);
});

test("the router's own count is kept, only for seconds where it stands in for a provider's", () => {
  const countOf = (changes: object): Kept[] => {
    const kept: Kept[] = [];
    const call = {
      lead: { key: "k", ttlMs: 60_000, epoch },
      plan: { targets: [{ ...target, reason: "" }] },
      prepared: null,
      dialect: "anthropic-messages",
      endpoint: "count-tokens",
      caller: { ...stranger, user: "ada" },
      request: { askedModel: "asked" },
      ...changes,
    };
    keepCount(cachingInto(kept), call as unknown as PlannedCall, Buffer.from('{"input_tokens":5}'), nowMs);
    return kept;
  };
  const [own] = countOf({});
  assert.deepEqual([own?.key, own?.ttlMs, own?.answer.body.toString()], ["k", 60_000, '{"input_tokens":5}']);
  assert.deepEqual([own?.answer.target, own?.answer.user, own?.answer.askedModel], [target, "ada", "asked"]);
  assert.equal(countOf({ prepared: {} })[0]?.ttlMs, 5_000);
  assert.deepEqual([countOf({ lead: null }), countOf({ lead: { epoch: epoch - 1 } })], [[], []]);
});
