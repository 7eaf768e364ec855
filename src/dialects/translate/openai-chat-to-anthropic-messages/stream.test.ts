/** What of a streamed Anthropic answer an OpenAI client is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { openaiChatToAnthropicMessages as pair } from "./pair.ts";
import {
  blockDelta,
  blockStart,
  blockStop,
  contextOf,
  end,
  message,
  start,
  textBlock,
  translate,
  withUsage,
} from "./test-stream.ts";

/** All deltas of the first choice, in order. */
function deltasOf(payloads: readonly string[]): JsonObject[] {
  return payloads
    .map((payload) => toJsonObject(toJsonArray(toJsonObject(parseJson(payload))["choices"])[0])["delta"])
    .filter((delta) => isJsonObject(delta) && Object.keys(delta).length > 0)
    .map(toJsonObject);
}

test("a text answer is told in chunks: role, text, finish, usage, [DONE]", () => {
  const chunk = (rest: string): string =>
    `{"id":"msg_1","object":"chat.completion.chunk","created":1700000000,"model":"asked",${rest}}`;
  const choice = (delta: string, finish: string): string =>
    chunk(`"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}],"usage":null`);
  assert.deepEqual(translate([start, { type: "ping" }, ...textBlock(0, "Grüße"), ...end("end_turn")]), [
    choice('{"role":"assistant","content":""}', "null"),
    choice('{"content":"Grüße"}', "null"),
    choice("{}", '"stop"'),
    chunk(
      '"choices":[],"usage":{"prompt_tokens":15,"completion_tokens":7,"total_tokens":22,"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}',
    ),
    "[DONE]",
  ]);
});

test("usage is sent only to a client that asked for it", () => {
  const payloads = translate([start, ...textBlock(0, "Hi"), ...end("end_turn")], contextOf({}));
  assert.ok(payloads.every((payload) => !payload.includes("usage")));
  assert.equal(payloads.at(-1), "[DONE]");
});

test("thinking is shown, and its signature travels beside it, bound to its provider", () => {
  const deltas = deltasOf(
    translate([
      start,
      blockStart(0, { type: "thinking", thinking: "", signature: "" }),
      blockDelta(0, { type: "thinking_delta", thinking: "Let me " }),
      blockDelta(0, { type: "thinking_delta", thinking: "see." }),
      blockDelta(0, { type: "signature_delta", signature: "sig" }),
      blockStop(0),
      blockStart(1, { type: "redacted_thinking", data: "enc" }),
      blockStop(1),
      ...end("end_turn"),
    ]),
  );
  const common = { format: "anthropic-claude-v1", provider: "target" };
  const whole = { type: "reasoning.text", text: "Let me see.", signature: "sig", ...common, index: 0 };
  assert.deepEqual(deltas.slice(1), [
    { reasoning_content: "Let me " },
    { reasoning_content: "see." },
    { reasoning_details: [whole] },
    { reasoning_details: [{ type: "reasoning.encrypted", data: "enc", ...common, index: 1 }] },
  ]);
});

test("streamed details, sent back as the client collected them, are the provider's own thinking again", () => {
  const details = deltasOf(
    translate([
      start,
      blockStart(0, { type: "thinking", thinking: "" }),
      blockDelta(0, { type: "thinking_delta", thinking: "a" }),
      blockDelta(0, { type: "thinking_delta", thinking: "b" }),
      blockDelta(0, { type: "signature_delta", signature: "sig" }),
      blockStop(0),
      ...end("end_turn"),
    ]),
  ).flatMap((delta) => toJsonArray(delta["reasoning_details"]));
  const messages = [
    { role: "user", content: "q" },
    { role: "assistant", content: "a", reasoning_details: details },
    { role: "user", content: "r" },
  ];
  const { body } = pair.request({ messages }, withUsage.traits);
  assert.deepEqual(toJsonObject(toJsonArray(body["messages"])[1])["content"], [
    { type: "thinking", thinking: "ab", signature: "sig" },
    { type: "text", text: "a" },
  ]);
});

test("tool calls are counted from 0 in order, whatever blocks stand between them, and always have arguments", () => {
  const tool = (id: string, input: JsonObject = {}): JsonObject => ({ type: "tool_use", id, name: "f", input });
  const deltas = deltasOf(
    translate([
      start,
      ...textBlock(0, "I look."),
      blockStart(1, tool("t1")),
      blockDelta(1, { type: "input_json_delta", partial_json: "" }),
      blockDelta(1, { type: "input_json_delta", partial_json: '{"a":1}' }),
      blockStop(1),
      blockStart(2, tool("t2")),
      blockStop(2),
      blockStart(3, tool("t3", { b: 2 })),
      blockStop(3),
      ...end("tool_use"),
    ]),
  );
  const calls = deltas.flatMap((delta) => toJsonArray(delta["tool_calls"]).map(toJsonObject));
  const told = calls.map(({ index, id, function: called }) => [index, id, toJsonObject(called)["arguments"]]);
  assert.deepEqual(told, [
    [0, "t1", ""],
    [0, undefined, '{"a":1}'],
    [1, "t2", ""],
    [1, undefined, "{}"],
    [2, "t3", ""],
    [2, undefined, '{"b":2}'],
  ]);
});

test("what the provider's own tools do is not told; the text around it is", () => {
  const events = [
    start,
    blockStart(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
    blockDelta(0, { type: "input_json_delta", partial_json: '{"query":"x"}' }),
    blockStop(0),
    blockStart(1, { type: "web_search_tool_result", tool_use_id: "s", content: [] }),
    blockStop(1),
    ...textBlock(2, "Found."),
    ...end("end_turn"),
  ];
  assert.deepEqual(deltasOf(translate(events)).slice(1), [{ content: "Found." }]);
});

test("citations of web pages become annotations with the place of their text", () => {
  const citation = { type: "web_search_result_location", url: "https://a.example", title: "A", cited_text: "c" };
  const events = [
    start,
    ...textBlock(0, "12345"),
    blockStart(1, { type: "text", text: "", citations: [] }),
    blockDelta(1, { type: "citations_delta", citation }),
    blockDelta(1, { type: "citations_delta", citation }),
    blockDelta(1, { type: "text_delta", text: "678" }),
    blockStop(1),
    ...end("end_turn"),
  ];
  const page = { url: "https://a.example", title: "A", start_index: 5, end_index: 8 };
  assert.deepEqual(deltasOf(translate(events)).at(-1), {
    annotations: [{ type: "url_citation", url_citation: page }],
  });
});

test("a refusal ends as content_filter and says why", () => {
  const payloads = translate([
    start,
    ...end("refusal", { stop_details: { type: "refusal", explanation: "Not that." } }),
  ]);
  assert.deepEqual(deltasOf(payloads).at(-1), { refusal: "Not that." });
  assert.ok(payloads.some((payload) => payload.includes('"finish_reason":"content_filter"')));
});

test("blocks that stand whole in their start are shown, thinking as text", () => {
  const thinking = { type: "thinking", thinking: "hm", signature: "s" };
  const deltas = deltasOf(translate([start, blockStart(0, thinking), blockStop(0), ...end("end_turn")]));
  assert.deepEqual(deltas[1], { reasoning_content: "hm" });
  assert.equal(toJsonObject(toJsonArray(deltas[2]?.["reasoning_details"])[0])["text"], "hm");
});

test("a turn that calls tools ends with `tool_calls`, whatever ordinary end its server names", () => {
  const call = { type: "tool_use", id: "t", name: "Bash", input: {} };
  const reasonOf = (completion: JsonObject): unknown =>
    toJsonObject(toJsonArray(completion["choices"])[0])["finish_reason"];
  for (const [named, told] of [
    ["end_turn", "tool_calls"],
    ["stop_sequence", "tool_calls"],
    ["max_tokens", "length"],
  ] as const) {
    const { body } = pair.answer({ ...message, content: [call], stop_reason: named }, withUsage);
    const chunks = translate([start, blockStart(0, call), blockStop(0), ...end(named)]);
    assert.equal(reasonOf(body), told);
    assert.ok(chunks.some((chunk) => reasonOf(toJsonObject(parseJson(chunk))) === told));
  }
});
