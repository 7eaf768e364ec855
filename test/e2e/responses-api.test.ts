/** Tools and reasoning at OpenAI, which Chat Completions refuses together: clients of both dialects, by the Responses API. */
import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { JsonObject } from "../../src/core/json/json.ts";
import {
  asked,
  bashFunction,
  bodyOf,
  inputTypes,
  model,
  question,
  startResponsesRouter,
  withResult,
} from "./responses-router.ts";

for (const isStreaming of [false, true]) {
  test(`a client of Anthropic's thinks between tools, and its reasoning goes back (${isStreaming ? "streamed" : "whole"})`, async (t) => {
    const { openai, anthropicClient } = await startResponsesRouter(t);
    const ask = (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> =>
      isStreaming
        ? anthropicClient.messages.stream({ ...asked, messages }).finalMessage()
        : anthropicClient.messages.create({ ...asked, messages });
    const first = await ask([question]);
    assert.equal(openai.requests.at(-1)!.path, "/v1/responses");
    assert.deepEqual(bodyOf(openai)["reasoning"], { effort: "low" });
    assert.equal(first.stop_reason, "tool_use");
    assert.deepEqual(
      first.content.map(({ type }) => type),
      ["redacted_thinking", "text", "tool_use"],
    );
    const second = await ask(withResult(first.content));
    assert.deepEqual(inputTypes(openai), ["user", "reasoning", "assistant", "function_call", "function_call_output"]);
    assert.equal(second.stop_reason, "end_turn");
    assert.ok(second.usage.output_tokens > 0 && second.usage.cache_read_input_tokens !== null);
  });

  test(`a client of OpenAI's gets chunks or a completion, and may send its reasoning back (${isStreaming ? "streamed" : "whole"})`, async (t) => {
    const { openai, openaiClient } = await startResponsesRouter(t);
    const ask = (messages: OpenAI.ChatCompletionMessageParam[]): Promise<OpenAI.ChatCompletion> => {
      const request = { model, messages, tools: [bashFunction], reasoning_effort: "high" as const };
      return isStreaming
        ? openaiClient.chat.completions
            .stream({ ...request, stream_options: { include_usage: true } })
            .finalChatCompletion()
        : openaiClient.chat.completions.create(request);
    };
    const first = await ask([question]);
    assert.equal(openai.requests.at(-1)!.path, "/v1/responses");
    const choice = first.choices[0]!;
    assert.equal(choice.finish_reason, "tool_calls");
    const call = choice.message.tool_calls![0]!;
    assert.ok(call.type === "function");
    assert.deepEqual(JSON.parse(call.function.arguments), { command: "ls" });
    assert.ok(first.usage!.completion_tokens_details!.reasoning_tokens! > 0);
    const { role, content, tool_calls, reasoning_details } = choice.message as OpenAI.ChatCompletionMessage & {
      reasoning_details: unknown;
    };
    const calls = tool_calls!.map(({ id, type }) => ({ id, type, function: call.function }));
    const answered = { role, content, tool_calls: calls, reasoning_details } as OpenAI.ChatCompletionMessageParam;
    const second = await ask([question, answered, { role: "tool", tool_call_id: call.id, content: "a.txt" }]);
    assert.ok(inputTypes(openai).includes("reasoning"));
    assert.equal(second.choices[0]!.finish_reason, "stop");
  });
}

test("without tools, or with thinking said to be off, Chat Completions serves the call, without reasoning of before", async (t) => {
  const { openai, anthropicClient } = await startResponsesRouter(t);
  const first = await anthropicClient.messages.create({ ...asked, messages: [question] });
  const messages = withResult(first.content);
  await anthropicClient.messages.create({ ...asked, messages, thinking: { type: "disabled" } });
  assert.equal(openai.requests.at(-1)!.path, "/v1/chat/completions");
  assert.doesNotMatch(JSON.stringify(bodyOf(openai)), /reasoning_details/);
  await anthropicClient.messages.create({ model, max_tokens: 64, messages: [{ role: "user", content: "Hi" }] });
  assert.equal(openai.requests.at(-1)!.path, "/v1/chat/completions");
});

test("Chat Completions is asked for its strongest effort where a stronger one is wanted, the Responses API for that one", async (t) => {
  const { openai, router } = await startResponsesRouter(t);
  const sent = async (more: object): Promise<JsonObject> => {
    const body = { model, messages: [question], reasoning_effort: "max", ...more };
    await fetch(`${router.url}/v1/chat/completions`, { method: "POST", body: JSON.stringify(body) });
    return bodyOf(openai);
  };
  assert.equal((await sent({}))["reasoning_effort"], "xhigh");
  assert.deepEqual((await sent({ tools: [bashFunction] }))["reasoning"], { effort: "max" });
});

test("reasoning goes to no other provider, also where that one takes the form", async (t) => {
  const { openai, router } = await startResponsesRouter(t, ({ baseUrl }) => ({
    providers: { openrouter: { baseUrl, apiKey: "a", dialect: "openai-chat" } },
  }));
  openai.behave({ isStrict: false });
  const details = ["openai", "openrouter"].map((provider) => ({ type: "reasoning.encrypted", data: "x", provider }));
  const messages = [question, { role: "assistant", content: "Hm", reasoning_details: details }, question];
  const body = JSON.stringify({ model: "openrouter/openai/gpt-4.1", messages });
  await fetch(`${router.url}/v1/chat/completions`, { method: "POST", body });
  const [, answer] = bodyOf(openai)["messages"] as JsonObject[];
  assert.deepEqual(answer!["reasoning_details"], [details[1]]);
});

test("any server that speaks the Responses API alone is called by it where the configuration says so", async (t) => {
  const { openai, anthropicClient } = await startResponsesRouter(t, ({ baseUrl }) => ({
    providers: { own: { kind: "custom", dialect: "openai-chat", baseUrl, traits: { responsesApi: "always" } } },
  }));
  const answer = await anthropicClient.messages.create({
    model: "own/gpt-5.2",
    max_tokens: 64,
    messages: [{ role: "user", content: "Hi" }],
  });
  assert.equal(openai.requests.at(-1)!.path, "/v1/responses");
  assert.ok(answer.content.some(({ type }) => type === "text"));
});
