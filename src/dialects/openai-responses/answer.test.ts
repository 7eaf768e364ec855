import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../core/json/json.ts";
import { toChatCompletion } from "./answer.ts";
import { ResponsesStream } from "./stream.ts";
import { chunksOf, eventsOf, message, response, whole } from "./testdata/response.ts";

test("a whole response is a completion: reasoning, words, calls, counts", () => {
  const format = "openai-responses-v1";
  const place = { format, provider: "openai", id: "rs_1" };
  assert.deepEqual(whole(), {
    id: "resp_1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "gpt-6-sol-2026-10-01",
    service_tier: "default",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: "I read ‘ä’.",
          refusal: null,
          reasoning: "First.\n\nSecond.",
          reasoning_details: [
            { type: "reasoning.summary", summary: "First.", ...place, index: 0 },
            { type: "reasoning.summary", summary: "Second.", ...place, index: 1 },
            { type: "reasoning.encrypted", data: "gAAA", ...place, index: 2 },
          ],
          tool_calls: [{ id: "call_1", type: "function", function: { name: "Read", arguments: '{"path":"a"}' } }],
        },
        logprobs: null,
        finish_reason: "tool_calls",
      },
    ],
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 90,
      total_tokens: 1090,
      prompt_tokens_details: { cached_tokens: 800, cache_write_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 50 },
    },
  });
});

test("an answer that was cut short says why", () => {
  const finishOf = (more: JsonObject): unknown => (whole(more)["choices"] as JsonObject[])[0]!["finish_reason"];
  const incomplete = (reason: string): JsonObject => ({ status: "incomplete", incomplete_details: { reason } });
  assert.equal(finishOf(incomplete("max_output_tokens")), "length");
  assert.equal(finishOf(incomplete("content_filter")), "content_filter");
  assert.equal(finishOf({ output: [message] }), "stop");
  const cut = [
    ...eventsOf().slice(0, -1),
    { type: "response.incomplete", response: { ...response, ...incomplete("max_output_tokens") } },
  ];
  assert.equal((chunksOf(cut, false).at(-1)!["choices"] as JsonObject[])[0]!["finish_reason"], "length");
});

test("a failure is an error, in the whole and in the stream", () => {
  const error = { code: "server_error", message: "It broke." };
  const expected = { error: { message: "It broke.", type: "server_error", param: null, code: "server_error" } };
  assert.deepEqual(whole({ status: "failed", error, output: [] }), expected);
  assert.deepEqual(chunksOf([{ type: "response.failed", response: { ...response, status: "failed", error } }]), [
    expected,
  ]);
  assert.deepEqual(chunksOf([{ type: "error", ...error, param: null, sequence_number: 3 }]), [expected]);
  const typeOf = (code: string | null): unknown =>
    (chunksOf([{ type: "error", code, message: "No." }])[0]!["error"] as JsonObject)["type"];
  for (const code of ["invalid_prompt", "context_length_exceeded", "image_too_large", "cyber_policy"])
    assert.equal(typeOf(code), "invalid_request_error", code);
  for (const code of ["rate_limit_exceeded", "insufficient_quota", "slow_down"]) assert.equal(typeOf(code), code);
  assert.equal(typeOf(null), "server_error");
  const nested = (fields: JsonObject): JsonObject =>
    chunksOf([{ type: "error", error: { message: "No.", ...fields } }])[0]!;
  const typed = { type: "invalid_request_error", code: "string_above_max_length" };
  assert.equal((nested(typed)["error"] as JsonObject)["type"], "invalid_request_error");
  assert.equal((nested({ type: "rate_limit_error", code: null })["error"] as JsonObject)["type"], "rate_limit_error");
  assert.equal(
    (nested({ type: "tokens", code: "rate_limit_exceeded" })["error"] as JsonObject)["type"],
    "rate_limit_exceeded",
  );
  // Without a type of its own (LiteLLM, vLLM); named by the event alone.
  assert.equal(
    (chunksOf([{ error: { message: "No.", code: "server_error" } }])[0]!["error"] as JsonObject)["message"],
    "No.",
  );
  const named = new ResponsesStream("openai", true);
  assert.match(named.push(Buffer.from('event: error\ndata: {"message":"Named."}\n\n')), /Named/);
});

test("a response that failed without a reason waits for one, and one that is over may have failed", () => {
  const failed = { type: "response.failed", response: { ...response, status: "failed", error: null } };
  const reason = { type: "error", code: "rate_limit_exceeded", message: "Slow down." };
  const messageOf = (events: readonly JsonObject[]): unknown =>
    (chunksOf(events).at(-1)!["error"] as JsonObject)["message"];
  assert.equal(messageOf([failed, reason]), "Slow down.");
  assert.equal(messageOf([failed]), "The response failed.");
  for (const status of ["failed", "cancelled"]) {
    assert.equal(
      messageOf([{ type: "response.completed", response: { ...response, status, error: null } }]),
      "The response failed.",
    );
    assert.equal((whole({ status, output: [] })["error"] as JsonObject)["message"], "The response failed.");
  }
  const costly = chunksOf([
    ...eventsOf().slice(0, -1),
    { type: "response.failed", response: { ...response, status: "failed", error: { message: "It broke." } } },
  ]);
  assert.deepEqual(costly.at(-2)!["usage"], whole()["usage"]);
});

test("bytes that are no response pass as they are", () => {
  for (const text of ["no json", "[]", '{"object":"list"}']) {
    assert.equal(toChatCompletion(Buffer.from(text), "openai").toString(), text);
  }
});
