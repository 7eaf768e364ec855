/** Kept answers read by the providers' own client libraries: tool calls and thinking too, in the shape that was not kept. */
import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";

const bash = {
  name: "Bash",
  description: "Runs a command",
  input_schema: { type: "object" as const, properties: { command: { type: "string" } }, required: ["command"] },
};
const bashFunction = {
  type: "function" as const,
  function: { name: bash.name, description: bash.description, parameters: bash.input_schema },
};

/** Whose calls change nothing: this configuration says so. */
const cache = { enabled: true, rules: [{ when: {}, cache: true }] };

for (const model of ["anthropic/claude-opus-5-5", "openai/gpt-5-mini", "deepseek/deepseek-v4-pro"]) {
  for (const keptAs of ["stream", "whole"] as const) {
    test(`kept as ${keptAs} of ${model}, told both ways: libraries read the same answer`, async (t) => {
      const providers = await runSimulatedProviders();
      t.after(() => providers.close());
      const router = await startLocalRouter(t, { ...providers.configuration, cache });
      const anthropic = new Anthropic({ baseURL: router.url, apiKey: "any", maxRetries: 0 });
      const openai = new OpenAI({ baseURL: `${router.url}/v1`, apiKey: "any", maxRetries: 0 });
      for (const content of ['[[tool:Bash {"command":"ls -l"}]]', "[[think:Let me see]] [[say:It is done.]]"]) {
        const messages = [{ role: "user" as const, content }];
        const ask = { model, max_tokens: 4_000, tools: [bash], messages };
        const streamed = () => anthropic.messages.stream(ask).finalMessage();
        const whole = () => anthropic.messages.create(ask);
        const first = keptAs === "stream" ? await streamed() : await whole();
        const [a, b] = [await streamed(), await whole()];
        for (const told of [a, b]) assert.deepEqual(essence(told), essence(first));
        const chat = { model, tools: [bashFunction], messages };
        const streamedChat = () =>
          openai.chat.completions.stream({ ...chat, stream_options: { include_usage: true } }).finalChatCompletion();
        const wholeChat = () => openai.chat.completions.create(chat);
        const firstChat = keptAs === "stream" ? await streamedChat() : await wholeChat();
        for (const told of [await streamedChat(), await wholeChat()]) {
          assert.deepEqual(chatEssence(told), chatEssence(firstChat));
        }
      }
      const stats = (await (await fetch(`${router.url}/api/cache/stats`)).json()) as { l1: { hits: number } };
      assert.equal(stats.l1.hits, 8, "each second and third time it came from the cache");
    });
  }
}

/** Without its id: that of a translated answer is a new one each time. */
function essence({ content, stop_reason, usage }: Anthropic.Message): object {
  const blocks = content.map((block) => JSON.parse(JSON.stringify(block)) as Record<string, unknown>);
  return {
    content: blocks.map(({ parsed_output: _parsed, ...block }) => block),
    stop_reason,
    tokens: [usage.input_tokens, usage.output_tokens],
  };
}

function chatEssence({ id, choices, usage }: OpenAI.ChatCompletion): object {
  const { message, finish_reason } = choices[0]!;
  const calls = (message.tool_calls ?? []).map((call) =>
    call.type === "function" ? [call.id, call.function.name, call.function.arguments] : [],
  );
  const tokens = [usage?.prompt_tokens, usage?.completion_tokens];
  return { id, content: message.content ?? null, calls, finish_reason, tokens };
}
