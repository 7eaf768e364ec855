import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { AnswerFacts } from "../answer-facts.ts";
import { formatSseEvent } from "../sse.ts";
import { createAnthropicMessagesWatch } from "./watch.ts";

const texts = ["Grüße", ' "usage" \\ event: error\n\n', "😀😀", "", "message_stop", "\u0001\u2028"];

function stream(): string {
  const delta = (index: number, body: object): string =>
    formatSseEvent("content_block_delta", JSON.stringify({ type: "content_block_delta", index, delta: body }));
  const event = (body: { readonly type: string }): string => formatSseEvent(body.type, JSON.stringify(body));
  return [
    event({
      type: "message_start",
      message: {
        id: "msg_1",
        model: "claude-x",
        usage: { input_tokens: 9, cache_read_input_tokens: 4, output_tokens: 1 },
      },
    } as { type: string }),
    event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as { type: string }),
    event({ type: "ping" }),
    ...texts.map((text) => delta(0, { type: "text_delta", text })),
    event({ type: "content_block_stop", index: 0 } as { type: string }),
    event({
      type: "content_block_start",
      index: 1,
      content_block: { type: "tool_use", id: "toolu_1", name: "Bash", input: {} },
    } as { type: string }),
    delta(1, { type: "input_json_delta", partial_json: '{"command":' }),
    delta(1, { type: "input_json_delta", partial_json: '"ls"}' }),
    event({ type: "content_block_stop", index: 1 } as { type: string }),
    event({ type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 25 } } as {
      type: string;
    }),
    event({ type: "message_stop" }),
  ].join("");
}

type ReadFacts = Omit<AnswerFacts, "excerpt"> & { readonly text: string | null; readonly inputs: (string | null)[] };

const expected: ReadFacts = {
  answeredModel: "claude-x",
  answerId: "msg_1",
  usage: {
    uncachedInput: 9,
    cacheRead: 4,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    output: 25,
    reasoning: 0,
    serverToolRequests: 0,
  },
  serviceTier: null,
  stopReason: "tool_use",
  isComplete: true,
  isOutputCounted: true,
  error: null,
  toolCalls: [{ id: "toolu_1", name: "Bash" }],
  outputCharacters: texts.join("").length + '{"command":"ls"}'.length,
  text: texts.join(""),
  inputs: ['{"command":"ls"}'],
};

function factsOf(chunks: readonly Uint8Array[], isStreaming = true): ReadFacts {
  const watch = createAnthropicMessagesWatch(isStreaming);
  for (const chunk of chunks) watch.push(chunk);
  const { excerpt, ...facts } = watch.facts();
  const inputs = facts.toolCalls.map((_, place) => excerpt?.inputJson(place) ?? null);
  return { ...facts, text: excerpt?.textTail() ?? null, inputs };
}

test("facts are exactly right for bytes cut anywhere", () => {
  const bytes = Buffer.from(stream());
  assert.deepEqual(factsOf([bytes]), expected);
  assert.deepEqual(factsOf(Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))), expected);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (cuts) => {
      const bounds = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
      assert.deepEqual(factsOf(chunks), expected);
    }),
  );
});

test("one event per chunk, CRLF, spaces in the JSON and no event: lines all give the same facts", () => {
  const events = stream().split(/(?<=\n\n)/);
  assert.deepEqual(factsOf(events.map((event) => Buffer.from(event))), expected);
  assert.deepEqual(factsOf(events.map((event) => Buffer.from(event.replaceAll("\n", "\r\n")))), expected);
  assert.deepEqual(factsOf(events.map((event) => Buffer.from(event.replace(/^event: .*\n/, "")))), expected);
  const spaced = events.map((event) =>
    event.replace(
      /data: ([^\n]*)/,
      (_, json: string) => `data: ${JSON.stringify(JSON.parse(json), null, 1).replaceAll("\n", "")}`,
    ),
  );
  assert.deepEqual(factsOf(spaced.map((event) => Buffer.from(event))), expected);
});

test("a cut stream is not complete and keeps the usage it had", () => {
  const half = stream().slice(0, stream().indexOf("event: message_delta"));
  const facts = factsOf([Buffer.from(half)]);
  assert.equal(facts.isComplete, false);
  assert.equal(facts.stopReason, null);
  assert.equal(facts.usage?.uncachedInput, 9);
  assert.equal(facts.outputCharacters, expected.outputCharacters);
});

test("an error in the stream is found, with its status, and ends the account", () => {
  const error = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}';
  const facts = factsOf([Buffer.from(formatSseEvent("error", error) + stream())]);
  assert.deepEqual(facts.error, { type: "overloaded_error", message: "Overloaded", status: 529 });
  assert.equal(facts.isComplete, false);
  assert.equal(facts.answerId, null);
});

test("a whole answer is read at the end, however it is cut", () => {
  const body = Buffer.from(
    JSON.stringify({
      id: "msg_2",
      type: "message",
      model: "claude-y",
      content: [
        { type: "text", text: "Grüße" },
        { type: "tool_use", id: "t", name: "f", input: { a: 1 } },
      ],
      stop_reason: "tool_use",
      usage: { input_tokens: 3, output_tokens: 4 },
    }),
  );
  const facts = factsOf([body.subarray(0, 70), body.subarray(70)], false);
  assert.equal(facts.isComplete, true);
  assert.equal(facts.usage?.output, 4);
  assert.deepEqual(facts.toolCalls, [{ id: "t", name: "f" }]);
  assert.equal(facts.outputCharacters, 5 + 7);
  assert.equal(factsOf([Buffer.from("<html>")], false).isComplete, false);
});

test("nonsense never throws", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), fc.boolean(), (chunks, isStreaming) => {
      factsOf(chunks, isStreaming);
    }),
  );
});

test("of a long text the end is kept, wherever escapes and characters are cut", () => {
  const delta = (kind: string, field: string, value: string): Buffer =>
    Buffer.from(
      formatSseEvent(
        "content_block_delta",
        JSON.stringify({ type: "content_block_delta", index: 0, delta: { type: kind, [field]: value } }),
      ),
    );
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 600 }), { maxLength: 60 }), (pieces) => {
      const { text } = factsOf(pieces.map((piece) => delta("text_delta", "text", piece)));
      const whole = pieces.join("");
      assert.ok(text !== null && whole.endsWith(text.slice(6)));
      assert.ok(text.length >= Math.min(whole.length, 500));
    }),
    { numRuns: 50 },
  );
});

test("a tool's input past the bound is not kept, and not taken for another tool's", () => {
  const event = (body: { readonly type: string; readonly [field: string]: unknown }): Buffer =>
    Buffer.from(formatSseEvent(body.type, JSON.stringify(body)));
  const start = (index: number, name: string): Buffer =>
    event({
      type: "content_block_start",
      index,
      content_block: { type: "tool_use", id: `toolu_${index}`, name, input: {} },
    });
  const input = (index: number, json: string): Buffer =>
    event({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: json } });
  const { inputs } = factsOf([
    start(0, "Write"),
    ...Array.from({ length: 40 }, () => input(0, "x".repeat(1000))),
    event({ type: "content_block_stop", index: 0 }),
    start(1, "Read"),
    input(1, '{"path":"\\u00e9"}'),
  ]);
  assert.deepEqual(inputs, [null, '{"path":"\\u00e9"}']);
});
