import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../core/errors.ts";
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../../core/json.ts";
import type { JsonObject } from "../../../core/json.ts";
import { formatSseEvent } from "../../sse.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { AnswerContext } from "../../translation.ts";
import { openaiChatToAnthropicMessages as pair } from "./pair.ts";

function contextOf(request: JsonObject): AnswerContext {
  return {
    askedModel: "asked",
    traits: defaultTraits({ provider: "target", model: "target-model" }),
    request,
    createdAtSeconds: 1_700_000_000,
    callId: "req_1",
    estimatedInputTokens: 9,
  };
}

const withUsage = contextOf({ stream_options: { include_usage: true } });
const start = {
  type: "message_start",
  message: {
    id: "msg_1",
    model: "target-model",
    usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 },
  },
};
const blockStart = (index: number, block: JsonObject): JsonObject => ({
  type: "content_block_start",
  index,
  content_block: block,
});
const blockDelta = (index: number, delta: JsonObject): JsonObject => ({ type: "content_block_delta", index, delta });
const blockStop = (index: number): JsonObject => ({ type: "content_block_stop", index });
const end = (stopReason: string, fields: JsonObject = {}): JsonObject[] => [
  { type: "message_delta", delta: { stop_reason: stopReason, ...fields }, usage: { output_tokens: 7 } },
  { type: "message_stop" },
];
const textBlock = (index: number, text: string): JsonObject[] => [
  blockStart(index, { type: "text", text: "" }),
  blockDelta(index, { type: "text_delta", text }),
  blockStop(index),
];

function bytesOf(events: readonly JsonObject[]): Buffer {
  const text = events.map((event) =>
    formatSseEvent(typeof event["type"] === "string" ? event["type"] : "", JSON.stringify(event)),
  );
  return Buffer.from(text.join(""));
}

/** Payloads that the client gets for a provider's events. */
function translate(events: readonly JsonObject[], context: AnswerContext = withUsage): string[] {
  const translator = pair.stream(context);
  const text = translator.push(bytesOf(events)) + translator.end();
  return text
    .split("\n\n")
    .filter((line) => line !== "")
    .map((line) => line.slice("data: ".length));
}

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

test("a stream cut before its stop reason ends in an error, without finish and [DONE]", () => {
  const payloads = translate([start, ...textBlock(0, "Hi")]);
  assert.equal(toJsonObject(toJsonObject(parseJson(payloads.at(-1) ?? ""))["error"])["code"], "provider_cut_answer");
  assert.ok(!payloads.some((payload) => payload === "[DONE]" || /"finish_reason":"/.test(payload)));
});

test("a payload that is no JSON is an error where it stands: what follows would be an answer with a hole", () => {
  const translator = pair.stream(withUsage);
  const broken = Buffer.from('event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"del\n\n');
  const parts = [bytesOf([start, blockStart(0, { type: "text", text: "" })]), broken, bytesOf(textBlock(0, "late"))];
  const text = parts.map((part) => translator.push(part)).join("") + translator.end();
  assert.match(text, /"code":"provider_bad_answer"[^\n]*\n\n$/);
  assert.doesNotMatch(text, /late/);
  assert.equal(translator.facts().isComplete, false);
});

test("a last payload that is cut, and words that are no payload, are no errors of their own", () => {
  const cut = pair.stream(withUsage);
  const cutText = cut.push(Buffer.concat([bytesOf([start]), Buffer.from('data: {"type":"cont')])) + cut.end();
  assert.match(cutText, /"code":"provider_cut_answer"/);
  const talkative = pair.stream(withUsage);
  const words = Buffer.from("data: keep-alive\n\ndata: [DONE]\n\n");
  const whole = Buffer.concat([bytesOf([start]), words, bytesOf([...textBlock(0, "Hi"), ...end("end_turn")])]);
  assert.match(talkative.push(whole) + talkative.end(), /data: \[DONE\]\n\n$/);
});

test("an end without a stop reason is an error, and no complete answer", () => {
  const translator = pair.stream(withUsage);
  const text = translator.push(bytesOf([start, ...textBlock(0, "Hi"), { type: "message_stop" }])) + translator.end();
  assert.match(text, /"code":"provider_cut_answer"/);
  assert.equal(translator.facts().isComplete, false);
});

test("an answer that lacks only its message_stop is whole", () => {
  const payloads = translate([start, ...textBlock(0, "Hi"), ...end("max_tokens").slice(0, 1)]);
  assert.equal(payloads.at(-1), "[DONE]");
  assert.ok(payloads.some((payload) => payload.includes('"finish_reason":"length"')));
});

test("a failure after the stop reason takes nothing from the answer", () => {
  const translator = pair.stream(withUsage);
  translator.push(bytesOf([start, ...textBlock(0, "Hi"), ...end("end_turn").slice(0, 1)]));
  const rest = translator.fail(new GatewayError("provider_cut_answer", "The connection broke."));
  assert.match(rest, /"finish_reason":"stop".*"total_tokens":22.*\n\ndata: \[DONE\]\n\n$/s);
  assert.doesNotMatch(rest, /error/);
});

test("a provider's error event is told once, and nothing after it", () => {
  const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
  const payloads = translate([start, error, ...textBlock(0, "late"), ...end("end_turn")]);
  assert.equal(payloads.length, 2);
  assert.deepEqual(toJsonObject(parseJson(payloads[1] ?? ""))["error"], {
    message: "Overloaded",
    type: "server_error",
    param: null,
    code: "provider_overloaded",
  });
});

test("after a failure of the call nothing more is written", () => {
  const translator = pair.stream(withUsage);
  translator.push(bytesOf([start]));
  const error = new GatewayError("provider_timeout", "Too slow.");
  assert.match(translator.fail(error), /^data: \{"error":\{"message":"Too slow\."/);
  assert.equal(translator.fail(error) + translator.push(bytesOf(end("end_turn"))) + translator.end(), "");
});

test("nothing is written after the end, whatever a provider goes on to send", () => {
  const payloads = translate([start, ...end("end_turn"), start, ...textBlock(0, "again"), ...end("end_turn")]);
  assert.equal(payloads.filter((payload) => payload === "[DONE]").length, 1);
  assert.equal(payloads.at(-1), "[DONE]");
});

const message: JsonObject = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "target-model",
  content: [
    { type: "thinking", thinking: "hm", signature: "sig" },
    { type: "text", text: "Hi " },
    {
      type: "text",
      text: "you",
      citations: [{ type: "page_location", cited_text: "c" }, { url: "https://b.example" }],
    },
    { type: "tool_use", id: "t1", name: "f", input: { a: 1 } },
  ],
  stop_reason: "tool_use",
  usage: { input_tokens: 3, cache_creation_input_tokens: 4, output_tokens: 5 },
};

test("a whole answer is a chat.completion", () => {
  const { body, facts } = pair.answer(message, withUsage);
  const page = { url: "https://b.example", title: "https://b.example", start_index: 3, end_index: 6 };
  const thinking = { text: "hm", signature: "sig", format: "anthropic-claude-v1", provider: "target", index: 0 };
  assert.deepEqual(body, {
    id: "msg_1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "asked",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: "Hi you",
          refusal: null,
          reasoning_content: "hm",
          reasoning_details: [{ type: "reasoning.text", ...thinking }],
          tool_calls: [{ id: "t1", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
          annotations: [{ type: "url_citation", url_citation: page }],
        },
        logprobs: null,
        finish_reason: "tool_calls",
      },
    ],
    usage: {
      prompt_tokens: 7,
      completion_tokens: 5,
      total_tokens: 12,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  });
  assert.equal(facts.isComplete, true);
});

test("thinking that nobody signed is shown alone, in a whole answer as in a stream", () => {
  const content = [{ type: "thinking", thinking: "hm" }];
  const { body } = pair.answer({ ...message, content }, withUsage);
  const { reasoning_content, reasoning_details } = toJsonObject(
    toJsonObject(toJsonArray(body["choices"])[0])["message"],
  );
  assert.deepEqual([reasoning_content, reasoning_details], ["hm", undefined]);
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

test("compaction is billed, but the client is told of the context alone", () => {
  const iterations = [
    { type: "compaction", input_tokens: 100, output_tokens: 50 },
    { type: "message", input_tokens: 3, output_tokens: 5 },
  ];
  const { body, facts } = pair.answer(
    { ...message, usage: { input_tokens: 3, output_tokens: 5, iterations } },
    withUsage,
  );
  assert.equal(toJsonObject(body["usage"])["prompt_tokens"], 3);
  assert.equal(facts.usage?.uncachedInput, 103);
});

test("an error under status 200 stands in the facts, and what is no message is thrown", () => {
  const { facts } = pair.answer({ type: "error", error: { type: "rate_limit_error", message: "slow" } }, withUsage);
  assert.deepEqual(facts.error, { type: "rate_limit_error", message: "slow", status: 429 });
  assert.throws(
    () => pair.answer({ choices: [] }, withUsage),
    (error) => error instanceof GatewayError && error.code === "provider_bad_answer",
  );
});
