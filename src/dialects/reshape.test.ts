import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../core/json/json.ts";
import { foldStream, streamOfWhole } from "./reshape.ts";

const text = fc.string({ unit: "binary", minLength: 1, maxLength: 30 });
const input = fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.oneof(text, fc.integer(), fc.boolean()), {
  maxKeys: 3,
  noNullPrototype: true,
});

const block = fc.oneof(
  fc.record({ type: fc.constant("text"), text }),
  fc.record({
    type: fc.constant("text"),
    text,
    citations: fc.array(fc.record({ type: fc.constant("char_location"), cited_text: text }), { maxLength: 2 }),
  }),
  fc.record({ type: fc.constant("thinking"), thinking: text, signature: text }),
  fc.record({ type: fc.constant("redacted_thinking"), data: text }),
  fc.record({ type: fc.constant("tool_use"), id: text, name: text, input }),
  fc.record({ type: fc.constant("server_tool_use"), id: text, name: text, input }),
  fc.record({
    type: fc.constant("web_search_tool_result"),
    tool_use_id: text,
    content: fc.array(fc.record({ url: text })),
  }),
);

const message = fc.record({
  id: text,
  type: fc.constant("message"),
  role: fc.constant("assistant"),
  model: text,
  content: fc.array(block, { maxLength: 5 }),
  stop_reason: fc.constantFrom("end_turn", "tool_use", "max_tokens"),
  stop_sequence: fc.option(text, { nil: null }),
  usage: fc.record({ input_tokens: fc.nat(), output_tokens: fc.nat(), cache_read_input_tokens: fc.nat() }),
});

test("a whole message becomes a stream that folds to the same message", () => {
  fc.assert(
    fc.property(message, (whole) => {
      const body = whole as JsonObject;
      const stream = streamOfWhole("anthropic-messages", Buffer.from(JSON.stringify(body)), false)!;
      assert.deepEqual(foldStream("anthropic-messages", Buffer.from(stream)).whole, JSON.parse(JSON.stringify(body)));
    }),
    { numRuns: 200 },
  );
});

/** An object, or the beginning of one that the output limit cut. Blanks and other placeholders would come back as no arguments. */
const argumentsText = fc
  .tuple(fc.dictionary(text, text), fc.integer({ min: 1, max: 40 }))
  .map(([object, length]) => JSON.stringify(object).slice(0, length));

const call = fc.record({
  id: text,
  type: fc.constant("function"),
  function: fc.record({ name: text, arguments: argumentsText }),
});

const completion = fc
  .record({
    id: text,
    model: text,
    content: fc.option(text, { nil: null }),
    reasoning: fc.option(text),
    calls: fc.array(call, { maxLength: 3 }),
    count: fc.integer({ min: 1, max: 1_000_000 }),
  })
  .map(({ id, model, content, reasoning, calls, count }): JsonObject => ({
    id,
    object: "chat.completion",
    created: 1_700_000_000,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: content ?? (calls.length > 0 ? null : ""),
          refusal: null,
          ...(reasoning === null ? {} : { reasoning_content: reasoning }),
          ...(calls.length > 0 ? { tool_calls: calls } : {}),
        },
        finish_reason: calls.length > 0 ? "tool_calls" : "stop",
        logprobs: null,
      },
    ],
    usage: { prompt_tokens: count, completion_tokens: 1, total_tokens: count + 1 },
  }));

test("a whole completion becomes a stream that folds to the same completion", () => {
  fc.assert(
    fc.property(completion, (whole) => {
      const stream = streamOfWhole("openai-chat", Buffer.from(JSON.stringify(whole)), true)!;
      assert.deepEqual(foldStream("openai-chat", Buffer.from(stream)).whole, JSON.parse(JSON.stringify(whole)));
    }),
    { numRuns: 200 },
  );
});

test("a call in the form before `tool_calls` keeps it, from whole to stream and back", () => {
  const message = {
    role: "assistant",
    content: null,
    refusal: null,
    function_call: { name: "f", arguments: '{"a":1}' },
  };
  const choices = [{ index: 0, message, finish_reason: "function_call", logprobs: null }];
  const whole = { id: "c", object: "chat.completion", model: "m", choices };
  const stream = streamOfWhole("openai-chat", Buffer.from(JSON.stringify(whole)), false)!;
  assert.match(stream, /"delta":\{"function_call":/);
  assert.deepEqual(foldStream("openai-chat", Buffer.from(stream)).whole, whole);
});

test("a stream tells its usage only to those who ask", () => {
  const whole = Buffer.from(
    JSON.stringify({
      id: "c",
      choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    }),
  );
  assert.match(streamOfWhole("openai-chat", whole, true)!, /"completion_tokens":2/);
  assert.doesNotMatch(streamOfWhole("openai-chat", whole, false)!, /usage/);
});

test("what is no answer, or cannot be told as a whole, is null", () => {
  assert.equal(streamOfWhole("openai-chat", Buffer.from("[1]"), true), null);
  assert.equal(foldStream("anthropic-messages", Buffer.from("event: ping\ndata: {}\n\n")).whole, null);
  const choices = [0, 1].map((index) => ({ index, delta: { content: "a" }, finish_reason: "stop" }));
  assert.equal(
    foldStream("openai-chat", Buffer.from(`data: ${JSON.stringify({ choices })}\n\ndata: [DONE]\n\n`)).whole,
    null,
  );
});
