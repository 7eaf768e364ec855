/** The providers' own client libraries through the router, in all four pairs of dialects. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import type { SimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

async function start(t: CleansUp): Promise<{ providers: SimulatedProviders; router: LocalRouter }> {
  const providers = await runSimulatedProviders();
  t.after(() => providers.close());
  return { providers, router: await startLocalRouter(t, providers.configuration) };
}

const anthropicClient = ({ url }: LocalRouter): Anthropic =>
  new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 });
const openaiClient = ({ url }: LocalRouter): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });

const bash = {
  name: "Bash",
  description: "Runs a command",
  input_schema: { type: "object" as const, properties: { command: { type: "string" } }, required: ["command"] },
};
const bashFunction = {
  type: "function" as const,
  function: { name: bash.name, description: bash.description, parameters: bash.input_schema },
};
const question = { role: "user" as const, content: "Use the Bash tool: `ls`" };

/** The message as it came: the library adds `parsed` to what it streams, which providers refuse. */
function withoutParsed(message: OpenAI.ChatCompletionMessage): OpenAI.ChatCompletionMessage {
  return JSON.parse(
    JSON.stringify(message, (key, value: unknown) =>
      key === "parsed" || key === "parsed_arguments" ? undefined : value,
    ),
  ) as never;
}

const targets = [
  "anthropic/claude-opus-5-5",
  "openai/gpt-5-mini",
  "groq/openai/gpt-oss-120b",
  "deepseek/deepseek-v4-pro",
];

for (const model of targets) {
  describe(`@anthropic-ai/sdk to ${model}`, () => {
    test("streams an answer with a tool call, takes the result, and ends with text and usage", async (t) => {
      const { router } = await start(t);
      const client = anthropicClient(router);
      const request = { model, max_tokens: 4000, tools: [bash] };
      const first = await client.messages.stream({ ...request, messages: [question] }).finalMessage();
      assert.equal(first.stop_reason, "tool_use");
      assert.ok(model.endsWith(first.model));
      assert.ok(first.usage.input_tokens > 0 && first.usage.output_tokens > 0);
      const call = first.content.find((block) => block.type === "tool_use");
      assert.deepEqual(call?.input, { command: "ls" });
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
    });

    test("runs its tool runner to the end", async (t) => {
      const { router } = await start(t);
      const commands: unknown[] = [];
      const runner = anthropicClient(router).beta.messages.toolRunner({
        model,
        max_tokens: 4000,
        messages: [question],
        tools: [
          {
            ...bash,
            run: (input: unknown) => (commands.push(input), "from the tool"),
            parse: (content: unknown) => content,
          },
        ],
      });
      const last = await runner;
      assert.deepEqual(commands, [{ command: "ls" }]);
      assert.match(JSON.stringify(last.content), /from the tool/);
    });

    test("thinks, and gets its own thinking back in the next turn without a complaint", async (t) => {
      const { router } = await start(t);
      const client = anthropicClient(router);
      const request = { model, max_tokens: 4000, tools: [bash], thinking: { type: "adaptive" as const } };
      const first = await client.messages.stream({ ...request, messages: [question] }).finalMessage();
      const call = first.content.find((block) => block.type === "tool_use");
      assert.ok(call);
      const second = await client.messages.create({
        ...request,
        messages: [
          question,
          { role: "assistant", content: first.content },
          { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "ok" }] },
        ],
      });
      assert.equal(second.stop_reason, "end_turn");
    });

    test("an abort of the stream reaches the provider", async (t) => {
      const { providers, router } = await start(t);
      const provider = providers[model.split("/")[0] as "anthropic"];
      provider.behave({ tokensPerSecond: 40, answerTokens: 500 });
      const stream = anthropicClient(router).messages.stream({
        model,
        max_tokens: 4000,
        messages: [{ role: "user", content: "Talk." }],
      });
      stream.on("error", () => undefined);
      stream.once("text", () => stream.abort());
      await assert.rejects(stream.finalMessage());
      await waitUntil("the provider is told", () => provider.counts().aborted === 1);
    });
  });

  describe(`openai to ${model}`, () => {
    test("streams a tool call with usage, takes the result, and ends", async (t) => {
      const { router } = await start(t);
      const client = openaiClient(router);
      const request = { model, tools: [bashFunction] };
      const stream = client.chat.completions.stream({
        ...request,
        messages: [question],
        stream_options: { include_usage: true },
      });
      const first = await stream.finalChatCompletion();
      const choice = first.choices[0]!;
      assert.equal(choice.finish_reason, "tool_calls");
      assert.ok(first.usage!.prompt_tokens > 0 && first.usage!.completion_tokens > 0);
      const call = choice.message.tool_calls![0]!;
      assert.ok(call.type === "function");
      assert.deepEqual(JSON.parse(call.function.arguments), { command: "ls" });
      const second = await client.chat.completions.create({
        ...request,
        messages: [
          question,
          withoutParsed(choice.message),
          { role: "tool", tool_call_id: call.id, content: "src test" },
        ],
      });
      assert.equal(second.choices[0]!.finish_reason, "stop");
      assert.match(second.choices[0]!.message.content!, /src test/);
    });

    test("runs its tool runner to the end", async (t) => {
      const { router } = await start(t);
      const commands: string[] = [];
      const runner = openaiClient(router).chat.completions.runTools({
        model,
        messages: [question],
        tools: [
          {
            type: "function",
            function: {
              ...bashFunction.function,
              function: (input: string) => (commands.push(input), "from the tool"),
            },
          },
        ],
      });
      assert.match((await runner.finalContent())!, /from the tool/);
      assert.deepEqual(
        commands.map((text) => JSON.parse(text)),
        [{ command: "ls" }],
      );
    });

    test("finds a request id with each answer, also where the provider names none", async (t) => {
      const { router } = await start(t);
      const client = openaiClient(router);
      const request = { model, messages: [question] };
      assert.ok((await client.chat.completions.create(request))._request_id);
      const { request_id: requestId } = await client.chat.completions
        .create({ ...request, stream: true })
        .withResponse();
      assert.ok(requestId);
      const refused = client.chat.completions.create({ model, messages: [] });
      await assert.rejects(refused, (error) => error instanceof OpenAI.BadRequestError && !!error.requestID);
    });

    test("lists models and explains an error in its own shape", async (t) => {
      const { router } = await start(t);
      const client = openaiClient(router);
      const { data } = await client.models.list();
      assert.ok(data.length > 0);
      await assert.rejects(client.chat.completions.create({ model, messages: [] }), OpenAI.BadRequestError);
    });
  });
}

test("a conversation of the openai library goes on at any other provider, with the reasoning that came before", async (t) => {
  const { router } = await start(t);
  const client = openaiClient(router);
  for (const from of targets) {
    for (const to of targets.filter((target) => target !== from)) {
      const asked: OpenAI.ChatCompletionMessageParam[] = [question];
      const request = { tools: [bashFunction], messages: asked, reasoning_effort: "medium" as const };
      for (const model of [from, to, from]) {
        const { message } = (await client.chat.completions.create({ ...request, model })).choices[0]!;
        const call = message.tool_calls?.[0];
        asked.push(message);
        if (call !== undefined) asked.push({ role: "tool", tool_call_id: call.id, content: "src test" });
        else asked.push(question);
      }
    }
  }
});

for (const [kind, form] of [
  ["mistral", /"tool_call_id":"[a-zA-Z0-9]{9}"/],
  ["gemini", /"extra_content":\{"google":\{"thought_signature":"skip_thought_signature_validator"\}\}/],
] as const) {
  test(`a conversation of the openai library with tool calls goes on at ${kind}, in the form that it takes`, async (t) => {
    const claude = await createSimulatedProvider({ kind: "anthropic" });
    const next = await createSimulatedProvider({ kind: "openai", behaviour: { isStrict: false } });
    t.after(() => Promise.all([claude.close(), next.close()]));
    const router = await startLocalRouter(t, {
      providers: {
        claude: { kind: "anthropic", baseUrl: claude.baseUrl, apiKey: "a" },
        next: { kind, baseUrl: next.baseUrl, apiKey: "b" },
      },
    });
    const client = openaiClient(router);
    const asked: OpenAI.ChatCompletionMessageParam[] = [question];
    const request = { tools: [bashFunction], messages: asked };
    const { message } = (await client.chat.completions.create({ ...request, model: "claude/claude-opus-5-5" }))
      .choices[0]!;
    asked.push(message, { role: "tool", tool_call_id: message.tool_calls![0]!.id, content: "src test" });
    await client.chat.completions.create({ ...request, model: "next/gpt-4.1" });
    assert.match(next.requests[0]!.bodyText, form);
  });
}

test("@anthropic-ai/sdk counts tokens and lists models, page by page", async (t) => {
  const { router } = await start(t);
  const client = anthropicClient(router);
  for (const model of targets) {
    const count = await client.messages.countTokens({ model, messages: [question] });
    assert.ok(count.input_tokens > 0, model);
  }
  const all = (await client.models.list()).data.map(({ id }) => id);
  assert.ok(all.length > 5);
  const paged: string[] = [];
  for await (const { id } of client.models.list({ limit: 2 })) paged.push(id);
  assert.deepEqual(paged, all);
  const before = await client.models.list({ before_id: all[4]!, limit: 3 });
  assert.deepEqual([before.data.map(({ id }) => id), before.has_more], [all.slice(1, 4), true]);
  // All that can be asked for is found, be it listed or not.
  for (const name of [...targets, "claude-opus-4-8", all[0]!])
    assert.equal((await client.models.retrieve(name)).id, name);
  await assert.rejects(client.models.retrieve("nobody/nothing"), Anthropic.NotFoundError);
});
