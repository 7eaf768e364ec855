import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../core/errors.ts";
import { parseJson, toJsonObject } from "../../../core/json.ts";
import type { JsonObject } from "../../../core/json.ts";
import { createSseReader } from "../../sse.ts";
import { defaultTraits } from "../../target-traits.ts";
import type { AnswerContext, StreamTranslator } from "../../translation.ts";
import { createAnthropicStream } from "./stream.ts";

const context: AnswerContext = {
  askedModel: "claude-x",
  traits: defaultTraits({ provider: "acme", model: "m" }),
  request: { stop_sequences: ["END"] },
  createdAtSeconds: 0,
  callId: "req_00ff",
  estimatedInputTokens: 77,
};

const bytes = (payload: JsonObject | string): Buffer =>
  Buffer.from(`data: ${typeof payload === "string" ? payload : JSON.stringify(payload)}\n\n`);
const delta = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: "c",
  model: "m-1",
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const tool = (index: number, fields: JsonObject): JsonObject => delta({ tool_calls: [{ index, ...fields }] });

function eventsOf(text: string): JsonObject[] {
  const events: JsonObject[] = [];
  const reader = createSseReader((data) => events.push(toJsonObject(parseJson(data))));
  reader.push(Buffer.from(text));
  reader.end();
  return events;
}

/** Kinds of the events for one payload, short. */
function push(stream: StreamTranslator, payload: JsonObject | string): string[] {
  return eventsOf(stream.push(bytes(payload))).map(shorten);
}

function shorten(event: JsonObject): string {
  const type = (event["type"] as string).replace("content_block_", "");
  const part = toJsonObject(event["delta"] ?? event["content_block"] ?? event["error"]);
  const text = part["text"] ?? part["thinking"] ?? part["partial_json"] ?? part["name"] ?? part["stop_reason"];
  const words = [type, event["index"], text] as (string | number | undefined)[];
  return words.filter((word) => word !== undefined && word !== "").join(" ");
}

test("nothing is sent before the answer says something, and text goes out at once", () => {
  const stream = createAnthropicStream(context);
  assert.deepEqual(push(stream, delta({ role: "assistant", content: "" })), []);
  assert.deepEqual(push(stream, delta({ content: "Hi" })), ["message_start", "start 0", "delta 0 Hi"]);
  assert.deepEqual(push(stream, delta({ content: "!" })), ["delta 0 !"]);
  assert.deepEqual(push(stream, delta({}, "stop")), []);
  assert.deepEqual(push(stream, "[DONE]"), ["stop 0", "message_delta end_turn", "message_stop"]);
  assert.equal(stream.end(), "");
});

test("each answer has an id of its own, whatever the provider's: clients join answers of one id", () => {
  const idOf = (callId: string): unknown => {
    const stream = createAnthropicStream({ ...context, callId });
    const [start] = eventsOf(stream.push(bytes(delta({ content: "Hi" }))));
    return toJsonObject(start?.["message"])["id"];
  };
  assert.deepEqual(["req_1", "req_2"].map(idOf), ["msg_req_1", "msg_req_2"]);
});

test("a call in the form before `tool_calls` streams as it comes, and ends the turn with tool use", () => {
  const stream = createAnthropicStream(context);
  const part = (function_call: JsonObject): JsonObject => delta({ function_call });
  assert.deepEqual(push(stream, delta({ role: "assistant", content: null, function_call: null })), []);
  assert.deepEqual(push(stream, part({ name: "f", arguments: "" })), ["message_start", "start 0 f"]);
  assert.deepEqual(push(stream, part({ arguments: '{"x":' })), ['delta 0 {"x":']);
  assert.deepEqual(push(stream, part({ arguments: "1}" })), ["delta 0 1}"]);
  push(stream, delta({}, "function_call"));
  assert.deepEqual(push(stream, "[DONE]"), ["stop 0", "message_delta tool_use", "message_stop"]);
});

test("message_start carries the estimate, message_delta the provider's counts", () => {
  const stream = createAnthropicStream(context);
  const usage = {
    prompt_tokens: 30,
    completion_tokens: 4,
    prompt_tokens_details: { cached_tokens: 10 },
    completion_tokens_details: { reasoning_tokens: 3 },
  };
  const text = [delta({ content: "Hi" }, "stop"), { choices: [], usage }, "[DONE]"]
    .map((p) => stream.push(bytes(p)))
    .join("");
  const events = eventsOf(text);
  const start = toJsonObject(events[0]?.["message"]);
  assert.equal(start["model"], "claude-x");
  assert.equal(toJsonObject(start["usage"])["input_tokens"], 77);
  assert.deepEqual(events.at(-2)?.["usage"], {
    input_tokens: 20,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 10,
    output_tokens: 4,
    output_tokens_details: { thinking_tokens: 3 },
  });
  assert.equal(stream.facts().usage?.cacheRead, 10);
});

test("without any usage both ends carry estimates", () => {
  const stream = createAnthropicStream(context);
  const events = eventsOf(stream.push(bytes(delta({ content: "Hi there" }, "stop"))) + stream.end());
  const usage = toJsonObject(events.at(-2)?.["usage"]);
  assert.deepEqual([usage["input_tokens"], usage["output_tokens"]], [77, 2]);
  assert.equal(stream.facts().usage, null);
});

test("the first call streams as it comes; a second one that begins early waits, and then streams too", () => {
  const stream = createAnthropicStream(context);
  assert.deepEqual(push(stream, tool(0, { id: "a", function: { name: "f", arguments: "" } })), [
    "message_start",
    "start 0 f",
  ]);
  assert.deepEqual(push(stream, tool(1, { id: "b", function: { name: "g", arguments: '{"y"' } })), []);
  assert.deepEqual(push(stream, tool(0, { function: { arguments: '{"x":' } })), ['delta 0 {"x":']);
  assert.deepEqual(push(stream, tool(0, { function: { arguments: "1}" } })), [
    "delta 0 1}",
    "stop 0",
    "start 1 g",
    'delta 1 {"y"',
  ]);
  assert.deepEqual(push(stream, tool(1, { function: { arguments: ":2}" } })), ["delta 1 :2}"]);
  assert.deepEqual(push(stream, delta({}, "stop")), []);
  assert.deepEqual(eventsOf(stream.end()).map(shorten), ["stop 1", "message_delta tool_use", "message_stop"]);
});

test("an empty object that holds the place of a call's arguments is not sent before them, nor in their place", () => {
  const stream = createAnthropicStream(context);
  push(stream, tool(0, { id: "a", function: { name: "f", arguments: "{}" } }));
  assert.deepEqual(push(stream, tool(0, { function: { arguments: '{"x"' } })), ['delta 0 {"x"']);
  push(stream, tool(0, { function: { arguments: ":1}" } }));
  assert.deepEqual(push(stream, tool(1, { id: "b", function: { name: "f", arguments: "{}" } })), [
    "stop 0",
    "start 1 f",
  ]);
  // It is whole: nothing waits for it.
  assert.deepEqual(push(stream, tool(2, { id: "c", function: { name: "f", arguments: "{" } })), [
    "stop 1",
    "start 2 f",
    "delta 2 {",
  ]);
  assert.deepEqual(push(stream, tool(2, { function: { arguments: "}" } })), ["delta 2 }"]);
});

test("text beside an unfinished call waits for it", () => {
  const stream = createAnthropicStream(context);
  push(stream, tool(0, { id: "a", function: { name: "f", arguments: '{"x"' } }));
  assert.deepEqual(push(stream, delta({ content: "so" })), []);
  assert.deepEqual(push(stream, tool(0, { function: { arguments: ":1}" } })), [
    "delta 0 :1}",
    "stop 0",
    "start 1",
    "delta 1 so",
  ]);
});

test("white space beside a call or between thoughts opens no block, before text it is kept", () => {
  const stream = createAnthropicStream(context);
  push(stream, delta({ reasoning_content: "hm" }));
  assert.deepEqual(push(stream, delta({ content: "\n", reasoning_content: " so" })), ["delta 0  so"]);
  const [signature, ...rest] = push(
    stream,
    delta({ content: "\n", tool_calls: [{ index: 0, id: "a", function: { name: "f" } }] }),
  );
  assert.equal(signature, "delta 0");
  assert.deepEqual(rest, ["stop 0", "start 1 f"]);
  const other = createAnthropicStream(context);
  push(other, delta({ content: "\n\n" }));
  assert.deepEqual(push(other, delta({ content: "Hi" })), ["message_start", "start 0", "delta 0 \n\nHi"]);
});

test("an error as first payload sends nothing and tells the caller; the end is one error event", () => {
  const stream = createAnthropicStream(context);
  assert.deepEqual(push(stream, { error: { message: "busy", code: 529 } }), []);
  assert.deepEqual(stream.facts().error, { type: null, message: "busy", status: 529 });
  assert.deepEqual(push(stream, delta({ content: "late" })), []);
  const [error] = eventsOf(stream.end());
  assert.deepEqual(error, {
    type: "error",
    error: { type: "overloaded_error", message: "busy" },
    request_id: "req_00ff",
  });
  assert.equal(stream.end(), "");
});

test("an error in the middle is the last event, and the answer is not complete", () => {
  const stream = createAnthropicStream(context);
  push(stream, delta({ content: "Hi" }));
  assert.deepEqual(push(stream, { error: { message: "no" } }), ["error"]);
  assert.deepEqual(push(stream, delta({}, "stop")), []);
  assert.equal(stream.end(), "");
  assert.equal(stream.facts().isComplete, false);
});

test("an empty error beside an answer is none", () => {
  for (const error of [null, "", false, {}]) {
    const stream = createAnthropicStream(context);
    assert.deepEqual(push(stream, { ...delta({ content: "Hi" }), error, x_groq: { error } }).at(-1), "delta 0 Hi");
    assert.deepEqual(push(stream, { choices: [{ delta: {}, finish_reason: "stop", error }] }), []);
    assert.equal(eventsOf(stream.end()).at(-1)?.["type"], "message_stop");
  }
});

test("a finish reason that means failure is an error", () => {
  for (const reason of [
    "error",
    "network_error",
    "insufficient_system_resource",
    "abort",
    "MALFORMED_FUNCTION_CALL",
    "function_call_filter: MALFORMED_FUNCTION_CALL",
  ]) {
    const stream = createAnthropicStream(context);
    push(stream, delta({ content: "Hi" }));
    assert.deepEqual(push(stream, delta({}, reason)), ["error"]);
  }
});

test("an answer that Groq stops early is broken off, with its reason", () => {
  const stream = createAnthropicStream(context);
  push(stream, delta({ content: "Hi" }));
  const stopped = eventsOf(stream.push(bytes({ ...delta({}), x_groq: { id: "r", error: "over capacity" } })));
  assert.deepEqual(stopped[0]?.["error"], { type: "overloaded_error", message: "over capacity" });
  assert.equal(stream.push(bytes("[DONE]")), "");
});

test("a context overflow is told in the words that clients recover by", () => {
  const stream = createAnthropicStream(context);
  push(stream, { error: { message: "maximum context length is 8192 tokens", code: "context_length_exceeded" } });
  const error = toJsonObject(eventsOf(stream.end())[0]?.["error"]);
  assert.equal(error["type"], "invalid_request_error");
  assert.match(error["message"] as string, /^prompt is too long: /);
  const late = createAnthropicStream(context);
  push(late, delta({ content: "Hi" }));
  const message = "maximum context length is 100 tokens. However, your messages resulted in 120 tokens.";
  const words = eventsOf(late.push(bytes({ error: { message } })))[0]?.["error"];
  assert.deepEqual(words, {
    type: "invalid_request_error",
    message: "prompt is too long: 120 tokens > 100 maximum",
  });
});

test("a stream that breaks off ends in an error, after a finish reason in a proper end", () => {
  const cut = createAnthropicStream(context);
  push(cut, delta({ content: "Hi" }));
  assert.deepEqual(eventsOf(cut.end()).map(shorten), ["error"]);
  const finished = createAnthropicStream(context);
  push(finished, delta({ content: "Hi" }, "length"));
  assert.deepEqual(eventsOf(finished.end()).map(shorten), ["stop 0", "message_delta max_tokens", "message_stop"]);
});

test("a `stop` behind the reason why an answer ended takes nothing from that, and one before it gives way", () => {
  for (const [first, second, told] of [
    ["length", "stop", "max_tokens"],
    ["stop", "length", "max_tokens"],
    ["content_filter", "stop", "refusal"],
    ["stop", "stop", "end_turn"],
  ] as const) {
    const stream = createAnthropicStream(context);
    push(stream, delta({ content: "Hi" }, first));
    push(stream, delta({}, second));
    assert.equal(eventsOf(stream.end()).map(shorten)[1], `message_delta ${told}`);
    assert.equal(stream.facts().stopReason, told === "max_tokens" ? "length" : first);
  }
});

test("Gemini's own words for a refusal are one", () => {
  for (const reason of ["SAFETY", "PROHIBITED_CONTENT", "content_filter: RECITATION"]) {
    const stream = createAnthropicStream(context);
    push(stream, delta({ content: "Hi" }, reason));
    assert.equal(eventsOf(stream.end()).map(shorten)[1], "message_delta refusal", reason);
  }
});

test("[DONE] alone ends no answer: nothing was said, and no reason given", () => {
  for (const before of [
    { base_resp: { status_code: 1008 }, choices: null },
    delta({ role: "assistant", content: "" }),
  ]) {
    const stream = createAnthropicStream(context);
    assert.deepEqual([...push(stream, before), ...push(stream, "[DONE]")], []);
    assert.deepEqual(eventsOf(stream.end()).map(shorten), ["error"]);
    assert.equal(stream.facts().isComplete, false);
  }
});

test("[DONE] behind a half call is a break, too", () => {
  const stream = createAnthropicStream(context);
  push(stream, tool(0, { id: "a", function: { name: "f", arguments: '{"x":' } }));
  assert.deepEqual(push(stream, "[DONE]"), []);
  assert.deepEqual(eventsOf(stream.end()).map(shorten), ["error"]);
});

test("a failure of the call is told once, and a finished answer still ends well", () => {
  const error = new GatewayError("provider_timeout", "too slow");
  const stream = createAnthropicStream(context);
  push(stream, delta({ content: "Hi" }));
  assert.deepEqual(eventsOf(stream.fail(error))[0]?.["error"], { type: "timeout_error", message: "too slow" });
  assert.equal(stream.fail(error) + stream.end(), "");
  const finished = createAnthropicStream(context);
  push(finished, delta({ content: "Hi" }, "stop"));
  assert.equal(eventsOf(finished.fail(error)).at(-1)?.["type"], "message_stop");
});

test("a stop sequence that the server names is told, if the client asked for it", () => {
  for (const [met, expected] of [
    ["END", ["stop_sequence", "END"]],
    ["other", ["end_turn", null]],
  ] as const) {
    const stream = createAnthropicStream(context);
    const choices = [{ index: 0, delta: { content: "Hi" }, finish_reason: "stop", stop_reason: met }];
    const events = eventsOf(stream.push(bytes({ choices })) + stream.end());
    const end = toJsonObject(events.at(-2)?.["delta"]);
    assert.deepEqual([end["stop_reason"], end["stop_sequence"]], expected);
  }
});

test("a call without a name takes the only tool's, else the answer is an error", () => {
  const tools: JsonObject["tools"] = [{ name: "only" }];
  for (const [request, last] of [
    [{ tools }, "message_stop"],
    [{}, "error"],
  ] as const) {
    const stream = createAnthropicStream({ ...context, request });
    push(stream, tool(0, { id: "a", function: { arguments: "{}" } }));
    push(stream, delta({}, "tool_calls"));
    assert.equal(eventsOf(stream.end()).at(-1)?.["type"], last);
  }
});

test("payloads that a server ends with one line feed are read all the same", () => {
  const stream = createAnthropicStream(context);
  const text = [delta({ content: "Hi" }), delta({}, "stop")].map((p) => `data: ${JSON.stringify(p)}\n`).join("");
  const events = eventsOf(stream.push(Buffer.from(`${text}data: [DONE]\n\n`)));
  assert.equal(events.at(-1)?.["type"], "message_stop");
});
