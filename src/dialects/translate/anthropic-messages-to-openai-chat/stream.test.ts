/** What of a streamed chat answer an Anthropic client is told, and when. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { AnthropicStream } from "./stream.ts";
import { bytes, context, delta, eventsOf, push, shorten, tool } from "./test-stream.ts";

test("nothing is sent before the answer says something, and text goes out at once", () => {
  const stream = new AnthropicStream(context);
  assert.deepEqual(push(stream, delta({ role: "assistant", content: "" })), []);
  assert.deepEqual(push(stream, delta({ content: "Hi" })), ["message_start", "start 0", "delta 0 Hi"]);
  assert.deepEqual(push(stream, delta({ content: "!" })), ["delta 0 !"]);
  assert.deepEqual(push(stream, delta({}, "stop")), []);
  assert.deepEqual(push(stream, "[DONE]"), ["stop 0", "message_delta end_turn", "message_stop"]);
  assert.equal(stream.end(), "");
});

test("each answer has an id of its own, whatever the provider's: clients join answers of one id", () => {
  const idOf = (callId: string): unknown => {
    const stream = new AnthropicStream({ ...context, callId });
    const [start] = eventsOf(stream.push(bytes(delta({ content: "Hi" }))));
    return toJsonObject(start?.["message"])["id"];
  };
  assert.deepEqual(["req_1", "req_2"].map(idOf), ["msg_req_1", "msg_req_2"]);
});

test("a call in the form before `tool_calls` streams as it comes, and ends the turn with tool use", () => {
  const stream = new AnthropicStream(context);
  const part = (function_call: JsonObject): JsonObject => delta({ function_call });
  assert.deepEqual(push(stream, delta({ role: "assistant", content: null, function_call: null })), []);
  assert.deepEqual(push(stream, part({ name: "f", arguments: "" })), ["message_start", "start 0 f"]);
  assert.deepEqual(push(stream, part({ arguments: '{"x":' })), ['delta 0 {"x":']);
  assert.deepEqual(push(stream, part({ arguments: "1}" })), ["delta 0 1}"]);
  push(stream, delta({}, "function_call"));
  assert.deepEqual(push(stream, "[DONE]"), ["stop 0", "message_delta tool_use", "message_stop"]);
});

test("message_start carries the estimate, message_delta the provider's counts", () => {
  const stream = new AnthropicStream(context);
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

test("counts of the output alone go with the estimate of the input", () => {
  const stream = new AnthropicStream(context);
  const payloads = [delta({ content: "Hi" }, "stop"), { choices: [], usage: { completion_tokens: 1 } }, "[DONE]"];
  const usage = toJsonObject(eventsOf(payloads.map((p) => stream.push(bytes(p))).join("")).at(-2)?.["usage"]);
  assert.deepEqual([usage["input_tokens"], usage["output_tokens"]], [77, 1]);
});

test("the first choice is known by its number, in quotes too", () => {
  const stream = new AnthropicStream(context);
  const choices = [{ index: "0", delta: { content: "Hi" }, finish_reason: "stop" }];
  assert.deepEqual(push(stream, { choices }), ["message_start", "start 0", "delta 0 Hi"]);
});

test("without any usage both ends carry estimates", () => {
  const stream = new AnthropicStream(context);
  const events = eventsOf(stream.push(bytes(delta({ content: "Hi there" }, "stop"))) + stream.end());
  const usage = toJsonObject(events.at(-2)?.["usage"]);
  assert.deepEqual([usage["input_tokens"], usage["output_tokens"]], [77, 2]);
  assert.equal(stream.facts().usage, null);
});

test("the first call streams as it comes; a second one that begins early waits, and then streams too", () => {
  const stream = new AnthropicStream(context);
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
  const stream = new AnthropicStream(context);
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
  const stream = new AnthropicStream(context);
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
  const stream = new AnthropicStream(context);
  push(stream, delta({ reasoning_content: "hm" }));
  assert.deepEqual(push(stream, delta({ content: "\n", reasoning_content: " so" })), ["delta 0  so"]);
  const [signature, ...rest] = push(
    stream,
    delta({ content: "\n", tool_calls: [{ index: 0, id: "a", function: { name: "f" } }] }),
  );
  assert.equal(signature, "delta 0");
  assert.deepEqual(rest, ["stop 0", "start 1 f"]);
  const other = new AnthropicStream(context);
  push(other, delta({ content: "\n\n" }));
  assert.deepEqual(push(other, delta({ content: "Hi" })), ["message_start", "start 0", "delta 0 \n\nHi"]);
});

test("a stop sequence that the server names is told, if the client asked for it", () => {
  for (const [met, expected] of [
    ["END", ["stop_sequence", "END"]],
    ["other", ["end_turn", null]],
  ] as const) {
    const stream = new AnthropicStream(context);
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
    const stream = new AnthropicStream({ ...context, request });
    push(stream, tool(0, { id: "a", function: { arguments: "{}" } }));
    push(stream, delta({}, "tool_calls"));
    assert.equal(eventsOf(stream.end()).at(-1)?.["type"], last);
  }
});
