/** How a translated stream ends: by reasons, errors, breaks and [DONE]. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../core/errors/errors.ts";
import { toJsonObject } from "../../../core/json/json.ts";
import { AnthropicStream } from "./stream.ts";
import { bytes, context, delta, eventsOf, push, shorten, tool } from "./test-stream.ts";

test("an error as first payload sends nothing and tells the caller; the end is one error event", () => {
  const stream = new AnthropicStream(context);
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
  const stream = new AnthropicStream(context);
  push(stream, delta({ content: "Hi" }));
  assert.deepEqual(push(stream, { error: { message: "no" } }), ["error"]);
  assert.deepEqual(push(stream, delta({}, "stop")), []);
  assert.equal(stream.end(), "");
  assert.equal(stream.facts().isComplete, false);
});

test("an empty error beside an answer is none", () => {
  for (const error of [null, "", false, {}]) {
    const stream = new AnthropicStream(context);
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
    const stream = new AnthropicStream(context);
    push(stream, delta({ content: "Hi" }));
    assert.deepEqual(push(stream, delta({}, reason)), ["error"]);
  }
});

test("an answer that Groq stops early is broken off, with its reason", () => {
  const stream = new AnthropicStream(context);
  push(stream, delta({ content: "Hi" }));
  const stopped = eventsOf(stream.push(bytes({ ...delta({}), x_groq: { id: "r", error: "over capacity" } })));
  assert.deepEqual(stopped[0]?.["error"], { type: "overloaded_error", message: "over capacity" });
  assert.equal(stream.push(bytes("[DONE]")), "");
});

test("a context overflow is told in the words that clients recover by", () => {
  const stream = new AnthropicStream(context);
  push(stream, { error: { message: "maximum context length is 8192 tokens", code: "context_length_exceeded" } });
  const error = toJsonObject(eventsOf(stream.end())[0]?.["error"]);
  assert.equal(error["type"], "invalid_request_error");
  assert.match(error["message"] as string, /^prompt is too long: /);
  const late = new AnthropicStream(context);
  push(late, delta({ content: "Hi" }));
  const message = "maximum context length is 100 tokens. However, your messages resulted in 120 tokens.";
  const words = eventsOf(late.push(bytes({ error: { message } })))[0]?.["error"];
  assert.deepEqual(words, {
    type: "invalid_request_error",
    message: "prompt is too long: 120 tokens > 100 maximum",
  });
});

test("a stream that breaks off ends in an error, after a finish reason in a proper end", () => {
  const cut = new AnthropicStream(context);
  push(cut, delta({ content: "Hi" }));
  assert.deepEqual(eventsOf(cut.end()).map(shorten), ["error"]);
  const finished = new AnthropicStream(context);
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
    const stream = new AnthropicStream(context);
    push(stream, delta({ content: "Hi" }, first));
    push(stream, delta({}, second));
    assert.equal(eventsOf(stream.end()).map(shorten)[1], `message_delta ${told}`);
    assert.equal(stream.facts().stopReason, told === "max_tokens" ? "length" : first);
  }
});

test("Gemini's own words for a refusal are one", () => {
  for (const reason of ["SAFETY", "PROHIBITED_CONTENT", "content_filter: RECITATION"]) {
    const stream = new AnthropicStream(context);
    push(stream, delta({ content: "Hi" }, reason));
    assert.equal(eventsOf(stream.end()).map(shorten)[1], "message_delta refusal", reason);
  }
});

test("[DONE] alone ends no answer: nothing was said, and no reason given", () => {
  for (const before of [
    { base_resp: { status_code: 1008 }, choices: null },
    delta({ role: "assistant", content: "" }),
  ]) {
    const stream = new AnthropicStream(context);
    assert.deepEqual([...push(stream, before), ...push(stream, "[DONE]")], []);
    assert.deepEqual(eventsOf(stream.end()).map(shorten), ["error"]);
    assert.equal(stream.facts().isComplete, false);
  }
});

test("[DONE] behind a half call is a break, too", () => {
  const stream = new AnthropicStream(context);
  push(stream, tool(0, { id: "a", function: { name: "f", arguments: '{"x":' } }));
  assert.deepEqual(push(stream, "[DONE]"), []);
  assert.deepEqual(eventsOf(stream.end()).map(shorten), ["error"]);
});

test("a failure of the call is told once, and a finished answer still ends well", () => {
  const error = new GatewayError("provider_timeout", "too slow");
  const stream = new AnthropicStream(context);
  push(stream, delta({ content: "Hi" }));
  assert.deepEqual(eventsOf(stream.fail(error))[0]?.["error"], { type: "timeout_error", message: "too slow" });
  assert.equal(stream.fail(error) + stream.end(), "");
  const finished = new AnthropicStream(context);
  push(finished, delta({ content: "Hi" }, "stop"));
  assert.equal(eventsOf(finished.fail(error)).at(-1)?.["type"], "message_stop");
});
