import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../core/json/json.ts";
import { readAnthropicEvent } from "./events.ts";
import { emptyAnthropicFold, foldAnthropicEvent, foldedAnthropicMessage } from "./fold.ts";

function foldAll(events: readonly JsonObject[]): JsonObject | null {
  const fold = events.reduce(
    (state, event) => foldAnthropicEvent(state, readAnthropicEvent(JSON.stringify(event))),
    emptyAnthropicFold,
  );
  return foldedAnthropicMessage(fold);
}

const start = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 1 },
  },
};
const end = [
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: "message_stop" },
];
const delta = (index: number, body: JsonObject): JsonObject => ({ type: "content_block_delta", index, delta: body });

test("a stream folds to the message that the call would have answered whole", () => {
  const message = foldAll([
    start,
    { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
    delta(0, { type: "thinking_delta", thinking: "Let me " }),
    delta(0, { type: "thinking_delta", thinking: "see." }),
    delta(0, { type: "signature_delta", signature: "sig" }),
    { type: "content_block_stop", index: 0 },
    { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
    delta(1, { type: "text_delta", text: "Hi" }),
    delta(1, { type: "citations_delta", citation: { type: "page_location", cited_text: "c" } }),
    { type: "content_block_start", index: 2, content_block: { type: "tool_use", id: "t", name: "f", input: {} } },
    delta(2, { type: "input_json_delta", partial_json: '{"a"' }),
    delta(2, { type: "input_json_delta", partial_json: ":1}" }),
    ...end,
  ]);
  assert.deepEqual(message, {
    ...start.message,
    content: [
      { type: "thinking", thinking: "Let me see.", signature: "sig" },
      { type: "text", text: "Hi", citations: [{ type: "page_location", cited_text: "c" }] },
      { type: "tool_use", id: "t", name: "f", input: { a: 1 } },
    ],
    stop_reason: "end_turn",
    usage: { input_tokens: 3, output_tokens: 9 },
  });
});

test("a second message_start goes on with the first message", () => {
  const text = [
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    delta(0, { type: "text_delta", text: "Hi" }),
  ];
  const second = { ...start, message: { ...start.message, id: "msg_2" } };
  const message = foldAll([start, ...text, second, ...text, ...end]);
  assert.equal(message?.["id"], "msg_1");
  assert.deepEqual(message?.["content"], [
    { type: "text", text: "Hi" },
    { type: "text", text: "Hi" },
  ]);
});

test("tool input that was cut folds to an empty object, deltas without a block to nothing", () => {
  const tool = {
    type: "content_block_start",
    index: 0,
    content_block: { type: "tool_use", id: "t", name: "f", input: {} },
  };
  const message = foldAll([
    start,
    delta(7, { type: "text_delta", text: "lost" }),
    tool,
    delta(0, { type: "input_json_delta", partial_json: '{"a' }),
    ...end,
  ]);
  assert.deepEqual(message?.["content"], [{ type: "tool_use", id: "t", name: "f", input: {} }]);
});

test("without a message_start there is no message", () => {
  assert.equal(foldAll(end), null);
});
