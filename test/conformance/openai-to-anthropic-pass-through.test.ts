/** Anthropic answers on their way to Anthropic clients: what the watch and the fold make of the recorded ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson, toJsonObject } from "../../src/core/json/json.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import type { Usage } from "../../src/core/usage.ts";
import type { AnswerFacts } from "../../src/dialects/answer-facts.ts";
import { readAnthropicEvent } from "../../src/dialects/anthropic-messages/events.ts";
import {
  emptyAnthropicFold,
  foldAnthropicEvent,
  foldedAnthropicMessage,
} from "../../src/dialects/anthropic-messages/fold.ts";
import { createAnthropicMessagesWatch } from "../../src/dialects/anthropic-messages/watch.ts";
import { byteVariants, encodePayloads, loadRecorded, observeBody, observeStream, skipReason } from "./oracle.ts";
import type { RecordedAnswer } from "./oracle.ts";

const recordings = loadRecorded("anthropic").filter(({ status }) => status === 200);
const streams = recordings.filter(({ isStreaming }) => isStreaming);

function watch(chunks: readonly Uint8Array[], isStreaming: boolean): AnswerFacts {
  const watched = createAnthropicMessagesWatch(isStreaming);
  for (const chunk of chunks) watched.push(chunk);
  return watched.facts();
}

/** Compaction is billed on top of what the client is told: those counts are checked by the cases. */
function expectedUsage({ expected }: RecordedAnswer): Record<string, number> | null {
  const iterations = toJsonObject(expected["usage_raw"])["iterations"];
  if (JSON.stringify(iterations ?? "").includes("compaction")) return null;
  const usage = toJsonObject(expected["usage"]);
  const count = (name: string): number => Number(usage[name] ?? 0);
  return {
    input: count("input"),
    cacheRead: count("cache_read"),
    cacheWrite: count("cache_write"),
    output: count("output"),
  };
}

function recordedCounts(usage: Usage | null): Record<string, number | undefined> {
  return {
    input: usage?.uncachedInput,
    cacheRead: usage?.cacheRead,
    cacheWrite: usage === null ? undefined : usage.cacheWrite5m + usage.cacheWrite1h,
    output: usage?.output,
  };
}

function assertFacts(recorded: RecordedAnswer, facts: AnswerFacts, detail: string): void {
  const { expected, id } = recorded;
  const where = `${id}, ${detail}`;
  if (expected["error"] !== undefined) {
    assert.equal(facts.error?.message, toJsonObject(expected["error"])["message"], where);
    assert.equal(facts.isComplete, false, where);
    return;
  }
  assert.equal(facts.error, null, where);
  assert.equal(facts.isComplete, true, where);
  assert.equal(facts.stopReason, expected["finish"], where);
  const usage = expectedUsage(recorded);
  if (usage !== null) assert.deepEqual(recordedCounts(facts.usage), usage, where);
  const tools = Array.isArray(expected["tools"]) ? expected["tools"].map(toJsonObject) : [];
  // Recordings of several answers in one hold more calls than the expected list, which is of distinct ones.
  if (recorded.breaks.length === 0) {
    assert.deepEqual(
      facts.toolCalls,
      tools.map((tool) => ({ id: tool["id"], name: tool["name"] })),
      where,
    );
  }
}

test("recorded streams give the same true facts, whatever the bytes", { skip: skipReason }, () => {
  assert.equal(streams.length, 48);
  for (const recorded of streams) {
    const variants = byteVariants(recorded.payloads, "anthropic-messages");
    const [whole] = variants;
    const facts = watch(whole?.chunks ?? [], true);
    for (const { name, chunks } of variants) {
      assertFacts(recorded, watch(chunks, true), name);
      assert.deepEqual(watch(chunks, true), facts, `${recorded.id}, ${name}`);
    }
  }
});

test("recorded whole answers give true facts, in one piece and in two", { skip: skipReason }, () => {
  for (const recorded of recordings.filter(({ isStreaming }) => !isStreaming)) {
    const bytes = Buffer.from(recorded.body);
    assertFacts(recorded, watch([bytes], false), "whole");
    assertFacts(
      recorded,
      watch([bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)], false),
      "halves",
    );
  }
});

test("recorded streams fold to the message that their own events tell", { skip: skipReason }, () => {
  for (const { id, payloads, expected } of streams) {
    if (expected["error"] !== undefined) continue;
    const fold = payloads.reduce(
      (state, payload) => foldAnthropicEvent(state, readAnthropicEvent(payload)),
      emptyAnthropicFold,
    );
    const message = foldedAnthropicMessage(fold);
    const folded = observeBody("anthropic-messages", message ?? {}).answer;
    const text = Buffer.concat(encodePayloads(payloads, "anthropic-messages")).toString();
    const judged = observeStream("anthropic-messages", text).answer;
    assert.equal(folded?.text, judged?.text, id);
    assert.equal(folded?.thinking, judged?.thinking, id);
    assert.equal(folded?.stopReason, judged?.stopReason, id);
    assert.deepEqual(blocksOf(folded?.blocks), blocksOf(judged?.blocks), id);
    assert.deepEqual(folded?.usage, judged?.usage, id);
  }
});

/** Input that is no JSON folds to an empty object; citations and summaries are the fold's own affair. */
function blocksOf(blocks: readonly JsonObject[] | undefined): JsonObject[] {
  return (blocks ?? []).map(({ type, text, thinking, signature, id, name, input }) => {
    const kept: JsonObject = { type, text, thinking, signature, id, name };
    if (type === "tool_use") kept["input"] = toJsonObject(input);
    return kept;
  });
}

test("a stream cut after any payload is not complete until its stop reason came", { skip: skipReason }, () => {
  for (const { id, payloads, breaks } of streams) {
    if (breaks.length > 0) continue;
    const events = encodePayloads(payloads, "anthropic-messages");
    for (let kept = 0; kept < events.length; kept += kept < 30 ? 1 : 7) {
      const isTold = payloads
        .slice(0, kept)
        .some((payload) => toJsonObject(parseJson(payload))["type"] === "message_delta");
      assert.equal(watch(events.slice(0, kept), true).isComplete, isTold, `${id} cut at ${kept}`);
    }
  }
});
