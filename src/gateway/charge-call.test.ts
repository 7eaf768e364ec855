import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../core/errors/errors.ts";
import type { ErrorCode } from "../core/errors/errors.ts";
import { silentLogger } from "../core/log/logging.ts";
import type { AttemptRecord } from "../core/record.ts";
import { zeroUsage } from "../core/usage.ts";
import { createPriceBook } from "../costs/prices/price-book.ts";
import { emptyFacts } from "../dialects/answer-facts.ts";
import type { AnswerFacts } from "../dialects/answer-facts.ts";
import { chargeCall } from "./charge-call.ts";
import type { Charge } from "./charge-call.ts";
import type { OpenCall } from "./open-call.ts";

const target = { provider: "anthropic", model: "claude-sonnet-5" };
const dearer = { provider: "anthropic", model: "claude-opus-5" };
const startedAtMs = Date.parse("2026-11-20T12:00:00Z");
const priceBook = createPriceBook(
  {
    multiplier: 1,
    unknownModel: { inputUsdPerMillion: 10, outputUsdPerMillion: 50 },
    overrides: [{ ...target, inputUsdPerMillion: 2, outputUsdPerMillion: 10 }],
    providerKinds: {},
  },
  silentLogger,
);
const usage = { ...zeroUsage, uncachedInput: 1_000, output: 100 };
const whole: AnswerFacts = { ...emptyFacts, usage, isOutputCounted: true, isComplete: true, outputCharacters: 400 };
/** 1,000 tokens in at 2 USD a million, 100 out at 10. */
const wholeNanoUsd = 3_000_000;

interface CallChanges extends Partial<Omit<OpenCall, "error" | "attempts">> {
  readonly isStreaming?: boolean;
  readonly errorCode?: ErrorCode;
  readonly lastAttempt?: Partial<AttemptRecord>;
}

function charge(facts: AnswerFacts, { isStreaming = true, errorCode, lastAttempt, ...changes }: CallChanges): Charge {
  const call = {
    endpoint: "messages",
    startedAtMs,
    request: { bytes: Buffer.from(JSON.stringify({ messages: [{ role: "user", content: "word ".repeat(200) }] })) },
    plan: { targets: [target] },
    cacheStatus: "off",
    kept: null,
    prepared: { target },
    pump: { relay: { isStreaming } },
    error: errorCode === undefined ? null : new GatewayError(errorCode, "x"),
    attempts: lastAttempt === undefined ? [] : [lastAttempt],
    ...changes,
  };
  return chargeCall(call as unknown as OpenCall, facts, priceBook);
}

test("a whole answer is charged as its provider counted", () => {
  for (const [facts, isStreaming] of [
    [whole, true],
    [{ ...whole, isComplete: false }, false],
  ] as const) {
    const { cost, ...charged } = charge(facts, { isStreaming });
    assert.deepEqual(charged, { target, usage, isUsageEstimated: false });
    assert.equal(cost?.nanoUsd, wholeNanoUsd);
  }
});

test("the tier of service that answered is in the charge, and so is what the provider's prompt cache saved", () => {
  assert.equal(charge({ ...whole, serviceTier: "flex" }, {}).serviceTier, "flex");
  const read = charge({ ...whole, usage: { ...usage, cacheRead: 10_000 } }, {});
  assert.equal(read.savings?.routing, 0);
  assert.ok(read.savings.promptCache > 0);
});

test("a stream that was cut is charged for the prompt that was counted and what came of its output", () => {
  const cut = { ...whole, isComplete: false, usage: { ...usage, output: 1 } };
  const { usage: charged, isUsageEstimated } = charge(cut, {});
  assert.deepEqual([charged, isUsageEstimated], [{ ...usage, output: Math.ceil(400 / 3.6) }, true]);
  assert.equal(charge({ ...cut, usage: { ...usage, output: 500 } }, {}).usage?.output, 500, "never less than counted");
});

test("of a whole answer what is not counted is estimated, and only that", () => {
  const unread = charge({ ...whole, usage: { ...zeroUsage, output: 70 } }, {});
  assert.equal(unread.isUsageEstimated, true);
  assert.equal(unread.usage?.output, 70);
  assert.ok(unread.usage.uncachedInput > 100, "no prompt is empty");
  const unsaid = charge({ ...whole, isOutputCounted: false }, {});
  assert.deepEqual([unsaid.usage?.uncachedInput, unsaid.usage?.output], [1_000, Math.ceil(400 / 3.6)]);
  const silent = charge({ ...whole, isOutputCounted: false, outputCharacters: 0, usage: { ...usage, output: 0 } }, {});
  assert.deepEqual([silent.isUsageEstimated, silent.usage?.output], [false, 0]);
  const countless = charge({ ...whole, usage: null, isOutputCounted: false }, {});
  assert.ok(countless.usage!.uncachedInput > 100 && countless.usage!.output === Math.ceil(400 / 3.6));
});

test("a client that leaves before the answer begins pays for a prompt that is out and not refused, and for no other", () => {
  const left = { pump: null, errorCode: "caller_gone" } as const;
  const gone = (lastAttempt: Partial<AttemptRecord>): Charge =>
    charge(emptyFacts, { ...left, lastAttempt: { status: null, errorCode: "caller_gone", ...lastAttempt } });
  const paid = gone({});
  assert.deepEqual(paid.target, target);
  assert.ok(paid.usage!.uncachedInput > 100 && paid.usage!.output === 0 && paid.cost!.nanoUsd > 0);
  assert.deepEqual(gone({ status: 299 }).target, target);
  const nothing = { target: null, usage: null, isUsageEstimated: false, cost: null };
  assert.deepEqual(gone({ isUnsent: true }), nothing);
  assert.deepEqual(gone({ status: 300 }), nothing);
  assert.deepEqual(gone({ errorCode: "provider_failed" }), nothing);
  assert.deepEqual(charge(emptyFacts, left), nothing);
  const failed = { pump: null, errorCode: "provider_failed", lastAttempt: { errorCode: "caller_gone" } } as const;
  assert.deepEqual(charge(emptyFacts, failed), nothing);
  assert.deepEqual(charge(emptyFacts, { prepared: null, pump: null }), nothing);
});

test("a count of tokens costs nothing", () => {
  const nothing = { usage: null, isUsageEstimated: false, cost: null };
  assert.deepEqual(charge(whole, { endpoint: "count-tokens" }), { target, ...nothing });
});

test("an answer that is shared costs nothing and saves what it would have cost; a part of one tells no price", () => {
  const joined = charge(whole, { cacheStatus: "joined" });
  assert.deepEqual(
    [joined.cost?.nanoUsd, joined.savings?.answerCache, joined.isUsageEstimated],
    [0, wholeNanoUsd, false],
  );
  const uncounted = charge({ ...whole, isOutputCounted: false }, { cacheStatus: "joined" });
  assert.deepEqual([uncounted.cost?.nanoUsd, uncounted.isUsageEstimated], [0, true]);
  assert.ok(uncounted.savings!.answerCache > wholeNanoUsd);
  const part = charge({ ...whole, isComplete: false }, { cacheStatus: "joined" });
  assert.deepEqual(part, { target, usage: null, isUsageEstimated: false, cost: null });
  const facts = { ...whole, isUsageEstimated: true, serviceTier: "flex" };
  const hit = charge(emptyFacts, { cacheStatus: "hit", kept: { facts } as unknown as OpenCall["kept"] });
  assert.deepEqual([hit.cost?.nanoUsd, hit.savings?.answerCache, hit.serviceTier], [0, wholeNanoUsd, "flex"]);
  assert.equal(hit.isUsageEstimated, true);
});

test("what another target was taken for its price saves is told, and nothing where none was", () => {
  const plan = { rule: "r", reason: "", targets: [], unrouted: dearer };
  const saved = charge(whole, { plan }).savings!.routing;
  const { uncachedInput, output } = priceBook.pricesFor(dearer, startedAtMs, 1_000);
  assert.equal(saved, uncachedInput + output / 10 - wholeNanoUsd);
  assert.equal(charge(whole, { plan: { ...plan, unrouted: target } }).savings, undefined);
});

test("no saving is told over a target that the call asked in vain or passed over", () => {
  const plan = { rule: "r", reason: "", targets: [], unrouted: dearer };
  const passedOver = {
    target: dearer,
    errorCode: "caller_unsupported_content",
    message: "x",
    afterAttempts: 0,
  } as const;
  assert.equal(charge(whole, { plan, passedOver: [passedOver] }).savings, undefined);
  assert.equal(
    charge(whole, { plan, lastAttempt: { target: dearer, errorCode: "provider_failed" } }).savings,
    undefined,
  );
  assert.ok(charge(whole, { plan, passedOver: [{ ...passedOver, target }] }).savings!.routing > 0);
});
