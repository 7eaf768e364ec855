import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../src/core/json/json.ts";
import { zeroUsage } from "../../src/core/usage.ts";
import {
  byteVariants,
  checkCase,
  loadCases,
  loadRecorded,
  mustFailures,
  observeBody,
  observeRefusal,
  observeRequest,
  observeStream,
  parseSse,
  skipReason,
} from "./oracle.ts";

const start = {
  type: "message_start",
  message: { id: "msg_1", role: "assistant", content: [], usage: { input_tokens: 3 } },
};
const good = [
  start,
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Grüße" } },
  { type: "content_block_stop", index: 0 },
  { type: "content_block_start", index: 1, content_block: { type: "tool_use", id: "t1", name: "f", input: {} } },
  { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: '{"a":1}' } },
  { type: "content_block_stop", index: 1 },
  { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 5 } },
  { type: "message_stop" },
];

function anthropicText(events: readonly JsonObject[]): string {
  return events
    .map((event) => `event: ${JSON.stringify(event["type"]).slice(1, -1)}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
}

function openAiText(chunks: readonly (JsonObject | string)[]): string {
  return chunks.map((chunk) => `data: ${typeof chunk === "string" ? chunk : JSON.stringify(chunk)}\n\n`).join("");
}

test("a good Anthropic stream keeps all invariants and folds to its facts", () => {
  const seen = observeStream("anthropic-messages", anthropicText(good), { ...zeroUsage, output: 5 });
  const expect = [
    { invariants: true },
    { text: "Grüße" },
    { tools: [{ id: "t1", name: "f", input: { a: 1 } }] },
    { stop_reason: "tool_use" },
    { usage: { input_tokens: 3, output_tokens: 5 } },
    { recorded_usage: { output: 5, input: 0 } },
    { last_event: "message_stop" },
    {
      block_starts: [
        [0, "text"],
        [1, "tool_use"],
      ],
    },
  ];
  assert.deepEqual(checkCase(expect, seen), []);
});

test("each broken order of an Anthropic stream is found", () => {
  const broken: Record<string, JsonObject[]> = {
    "starts with content_block_start": good.slice(1),
    "a block was left open": good.filter((_, index) => index !== 6),
    "0 times message_stop": good.slice(0, -1),
    "second message_start": [start, ...good],
    "block index 1, expected 0": good.filter((_, index) => index < 1 || index > 3),
    "message_stop after message_stop": [...good, { type: "message_stop" }],
    "text_delta in a tool_use block": good.with(5, {
      type: "content_block_delta",
      index: 1,
      delta: { type: "text_delta", text: "x" },
    }),
    "tool input is no JSON": good.with(5, {
      type: "content_block_delta",
      index: 1,
      delta: { type: "input_json_delta", partial_json: "{" },
    }),
    "message_delta while a block is open": good.filter((_, index) => index !== 3 && index !== 6),
    "ping after error": [start, { type: "error", error: { type: "api_error", message: "x" } }, { type: "ping" }],
  };
  for (const [failure, events] of Object.entries(broken)) {
    const failures = checkCase([{ invariants: true }], observeStream("anthropic-messages", anthropicText(events)));
    assert.ok(
      failures.some((line) => line.includes(failure)),
      `${failure}: ${failures.join("; ")}`,
    );
  }
});

test("an OpenAI stream needs one finish reason and [DONE] last, unless it ends in an error", () => {
  const text = { id: "c1", choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: null }] };
  const stop = { id: "c1", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
  const error = { error: { type: "server_error", message: "gone" } };
  const failuresOf = (chunks: readonly (JsonObject | string)[]): string[] =>
    checkCase([{ invariants: true }], observeStream("openai-chat", openAiText(chunks)));
  assert.deepEqual(failuresOf([text, stop, "[DONE]"]), []);
  assert.deepEqual(failuresOf([text, error]), []);
  assert.deepEqual(failuresOf([text, error, "[DONE]"]), []);
  assert.deepEqual(failuresOf([text, "[DONE]"]), ["must: 0 finish reasons"]);
  assert.deepEqual(failuresOf([text, stop]), ["must: no [DONE]"]);
  assert.equal(failuresOf([text, stop, "[DONE]", text])[0]?.startsWith("must: a payload after [DONE]"), true);
  assert.deepEqual(failuresOf([text, stop, error]), ["must: both an error and a finish_reason"]);
});

test("document assertions read by pointer and say what they saw", () => {
  const seen = observeRequest("openai-chat", {
    messages: [{ role: "tool", content: [{ text: "a" }, { text: "b" }] }],
    n: 1,
  });
  const expect = [
    { at: "/messages", len: 1 },
    { at: "/messages/0/content", text_eq: "ab" },
    { at: "/n", positive_int: true },
    { at: "/tools", absent: true },
    { count_at: "/messages", where: { role: "tool" }, eq: 1 },
    { any_of: [[{ at: "/n", eq: 2 }], [{ at: "/n", eq: 1 }]] },
  ];
  assert.deepEqual(checkCase(expect, seen), []);
  assert.deepEqual(checkCase([{ at: "/n", eq: 2, strength: "should" }], seen), ["should: /n eq 2, but is 1"]);
  assert.deepEqual(checkCase([{ at: "/n", equals: 2 }], seen), ["must: unknown assertion: equals"]);
  assert.deepEqual(checkCase([{ no_such: 1 }], seen), ["must: unknown assertion: no_such"]);
});

test("a weaker assertion does not count, a refusal is seen", () => {
  assert.deepEqual(mustFailures(["must: a", "should: b"]), ["must: a"]);
  assert.deepEqual(checkCase([{ rejected: true }, { http_status_in: [400] }], observeRefusal("openai-chat", 400)), []);
  assert.equal(checkCase([{ rejected: true }], observeBody("openai-chat", {})).length, 1);
});

test("byte variants hold the same events, whatever the cut", () => {
  const payloads = good.map((event) => JSON.stringify(event));
  const variants = byteVariants(payloads, "anthropic-messages");
  assert.ok(variants.length >= 10);
  for (const { name, chunks } of variants) {
    const events = parseSse(Buffer.concat(chunks).toString());
    assert.deepEqual(
      events.map(({ data }) => data),
      payloads,
      name,
    );
  }
  const openAi = byteVariants(["{}"], "openai-chat").at(0)?.chunks.at(0);
  assert.equal(Buffer.from(openAi ?? []).toString(), "data: {}\n\ndata: [DONE]\n\n");
});

test("recorded answers and cases are all readable", { skip: skipReason }, () => {
  const recorded = loadRecorded();
  assert.equal(recorded.length, 171);
  for (const { id, isStreaming, payloads, body } of recorded) {
    assert.ok(isStreaming ? payloads.length > 0 : body.length > 0, id);
  }
  const cases = loadCases("");
  assert.equal(cases.length, 153);
  // Against an answer that says nothing, no assertion may be unknown.
  const unknown = cases.flatMap(({ id, expect }) =>
    checkCase(expect, observeBody("anthropic-messages", {}))
      .filter((failure) => failure.includes("unknown assertion"))
      .map((failure) => `${id}: ${failure}`),
  );
  assert.deepEqual(unknown, []);
});

test(
  "recorded Anthropic streams break the invariants exactly where they are said to be malformed",
  { skip: skipReason },
  () => {
    for (const { id, payloads, breaks, expected } of loadRecorded("anthropic")) {
      if (payloads.length === 0 || expected["error"] !== undefined) continue;
      const text = payloads.map((payload) => {
        const type = (JSON.parse(payload === "[DONE]" ? "{}" : payload) as { type?: string }).type;
        return `event: ${type}\ndata: ${payload}\n\n`;
      });
      const failures = checkCase([{ invariants: true }], observeStream("anthropic-messages", text.join("")));
      assert.equal(failures.length > 0, breaks.length > 0, `${id}: ${failures.join("; ")}`);
    }
  },
);
