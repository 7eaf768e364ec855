/** The providers' own client libraries against the simulated providers: what a client cannot read is no simulation. */
import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";

const properties = { command: { type: "string" } };

test("Anthropic's library streams thoughts, text and a tool call, and goes on after the result", async (t) => {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const { baseUrl, apiKey } = simulated.configuration.providers.anthropic;
  const client = new Anthropic({ baseURL: baseUrl, apiKey, maxRetries: 0 });
  const request = {
    model: "claude-opus-5-5",
    max_tokens: 4000,
    thinking: { type: "adaptive" as const },
    tools: [{ name: "Bash", input_schema: { type: "object" as const, properties, required: ["command"] } }],
  };
  const question = { role: "user" as const, content: "Use the Bash tool: `ls`" };
  const first = await client.messages.stream({ ...request, messages: [question] }).finalMessage();
  assert.deepEqual(
    first.content.map(({ type }) => type),
    ["thinking", "text", "tool_use"],
  );
  assert.equal(first.stop_reason, "tool_use");
  assert.ok(first.usage.input_tokens > 0 && first.usage.output_tokens > 0);
  const call = first.content.find((block) => block.type === "tool_use");
  assert.ok(call);
  const second = await client.messages.create({
    ...request,
    messages: [
      question,
      { role: "assistant", content: first.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "src test" }] },
    ],
  });
  assert.equal(second.stop_reason, "end_turn");
  assert.match(JSON.stringify(second.content), /src test/);
  simulated.anthropic.behave({ fault: { kind: "overloaded" } });
  await assert.rejects(client.messages.create({ ...request, messages: [question] }), Anthropic.APIError);
});

for (const [kind, model] of [
  ["openai", "gpt-4o"],
  ["openai", "gpt-5-mini"],
  ["groq", "openai/gpt-oss-120b"],
  ["deepseek", "deepseek-v4-pro"],
] as const) {
  test(`OpenAI's library streams text and a tool call of ${model}, with usage`, async (t) => {
    const simulated = await runSimulatedProviders();
    t.after(() => simulated.close());
    const { baseUrl, apiKey } = simulated.configuration.providers[kind];
    const client = new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 });
    const runner = client.chat.completions.stream({
      model,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: "Use the Bash tool: `ls`" }],
      tools: [
        {
          type: "function",
          function: { name: "Bash", parameters: { type: "object", properties, required: ["command"] } },
        },
      ],
    });
    const completion = await runner.finalChatCompletion();
    const call = completion.choices[0]?.message.tool_calls?.[0];
    assert.ok(call?.type === "function");
    assert.deepEqual(JSON.parse(call.function.arguments), { command: "ls" });
    assert.equal(completion.choices[0]?.finish_reason, "tool_calls");
    assert.ok((completion.usage?.prompt_tokens ?? 0) > 0 && (completion.usage?.completion_tokens ?? 0) > 0);
  });
}
