/** What of a whole Anthropic answer an OpenAI client is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../../core/errors/errors.ts";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import { openaiChatToAnthropicMessages as pair } from "./pair.ts";
import { message, withUsage } from "./test-stream.ts";

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
