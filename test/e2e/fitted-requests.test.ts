/** Same dialect: what is changed in a request because its server would refuse it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { startPassThroughRouter } from "./pass-through-router.ts";

test("an effort that a local server's model does not know becomes the nearest, whoever chose the model", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  await router.close();
  const local = await startLocalRouter(t, {
    providers: { gpu: { kind: "vllm", baseUrl: provider.baseUrl, dialect: "anthropic-messages" } },
  });
  for (const [model, effort, sent] of [
    ["Qwen/Qwen3.8-27B", "high", "medium"],
    ["Qwen/Qwen3.8-27B", "xhigh", "xhigh"],
    ["GLM-5.3", "high", "high"],
  ] as const) {
    const body = {
      model: `gpu/${model}`,
      max_tokens: 16,
      output_config: { effort },
      messages: [{ role: "user", content: "Hi" }],
    };
    await fetch(`${local.url}/v1/messages`, { method: "POST", body: JSON.stringify(body) });
    const { output_config } = provider.requests.at(-1)!.body as { output_config: unknown };
    assert.deepEqual(output_config, { effort: sent }, model);
  }
});

test("tool changes between messages reach Anthropic as they are, and other servers as the list that they lead to", async (t) => {
  const { provider, router } = await startPassThroughRouter(t);
  const server = { kind: "custom", dialect: "anthropic-messages", baseUrl: provider.baseUrl, credentials: "none" };
  const other = await startLocalRouter(t, { providers: { server: { ...server, models: ["m"] } } });
  const definition = { name: "Late", input_schema: { type: "object" } };
  const change = { type: "tool_addition", tool: { type: "tool_definition", definition } };
  const user = { role: "user", content: "Hi" };
  const messages = [user, { role: "system", content: [change] }];
  const body = (model: string): string => JSON.stringify({ model, max_tokens: 16, messages });
  await fetch(`${router.url}/v1/messages`, { method: "POST", body: body("claude-opus-5") });
  assert.equal(provider.requests[0]?.bodyText, body("claude-opus-5"));
  await fetch(`${other.url}/v1/messages`, { method: "POST", body: body("m") });
  assert.deepEqual(JSON.parse(provider.requests[1]!.bodyText), {
    model: "m",
    max_tokens: 16,
    messages: [user],
    tools: [definition],
  });
});

test("a client of the OpenAI dialect need not know by which name a model takes the output limit", async (t) => {
  const providers = await runSimulatedProviders();
  t.after(() => providers.close());
  const router = await startLocalRouter(t, providers.configuration);
  const ask = (model: string, limit: object): Promise<Response> =>
    fetch(`${router.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model, ...limit, messages: [{ role: "user", content: "Hi" }] }),
    });
  const newer = await ask("openai/gpt-5-mini", { max_tokens: 500 });
  assert.equal(newer.status, 200);
  assert.match(providers.openai.requests[0]!.bodyText, /"max_completion_tokens":500/);
  const older = await ask("deepseek/deepseek-v4-pro", { max_completion_tokens: 400 });
  assert.equal(older.status, 200);
  assert.match(providers.deepseek.requests[0]!.bodyText, /"max_tokens":400/);
  await ask("gpt-4.1", { max_completion_tokens: 300 });
  assert.match(providers.openai.requests[1]!.bodyText, /^\{"model":"gpt-4.1","max_completion_tokens":300,/);
});

test("turns and fields that Mistral refuses become such as it takes where the router chose it", async (t) => {
  const provider = await createSimulatedProvider({ kind: "openai", behaviour: { isStrict: false } });
  t.after(() => provider.close());
  const router = await startLocalRouter(t, {
    providers: { mistral: { baseUrl: provider.baseUrl, apiKey: "k" } },
    aliases: { m: "mistral/mistral-medium-latest" },
  });
  const says = (role: string, content: string): object => ({ role, content });
  const send = async (body: object): Promise<object> => {
    const completion = '{"object":"chat.completion","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}';
    provider.replay({ status: 200, headers: { "content-type": "application/json" }, body: completion });
    const sent = { method: "POST", body: JSON.stringify({ model: "m", ...body }) };
    const answer = await fetch(`${router.url}/v1/chat/completions`, sent);
    assert.equal(answer.status, 200, await answer.text());
    return JSON.parse(provider.requests.at(-1)!.bodyText) as object;
  };
  const ask = async (...messages: object[]): Promise<unknown> =>
    ((await send({ messages })) as { messages: unknown }).messages;
  const [system, question, answer] = [says("system", "a"), says("user", "q"), says("assistant", "w")];
  const open = await ask(system, question, answer);
  assert.deepEqual(open, [system, question, answer, says("user", "Continue.")]);
  const late = await ask(system, question, answer, says("system", "b"), says("user", "r"));
  assert.deepEqual(late, [system, question, answer, says("user", "<system>\nb\n</system>\n\nr")]);
  const returned = await send({ store: false, messages: [question, { ...answer, refusal: null }, question] });
  assert.deepEqual(returned, { model: "mistral-medium-latest", messages: [question, answer, question] });
});

test("schemas of tools are cut down to what Moonshot accepts where the router chose it", async (t) => {
  const provider = await createSimulatedProvider({ kind: "openai", behaviour: { isStrict: false } });
  t.after(() => provider.close());
  const router = await startLocalRouter(t, {
    providers: { moonshot: { baseUrl: provider.baseUrl, apiKey: "k", dialect: "openai-chat" } },
    aliases: { m: "moonshot/kimi-k3" },
  });
  const path = { type: "object", properties: { path: { type: "string" } } };
  const toolOf = (parameters: object): object => ({ type: "function", function: { name: "f", parameters } });
  const tools = [toolOf({ ...path, additionalProperties: false })];
  const completion = '{"object":"chat.completion","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}';
  provider.replay({ status: 200, headers: { "content-type": "application/json" }, body: completion });
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }], tools });
  const answer = await fetch(`${router.url}/v1/chat/completions`, { method: "POST", body });
  assert.equal(answer.status, 200, await answer.text());
  assert.deepEqual((JSON.parse(provider.requests[0]!.bodyText) as { tools: unknown }).tools, [toolOf(path)]);
});

test("a forced tool stops the thinking of DeepSeek's models in Anthropic's dialect, which refuses the two together", async (t) => {
  const { provider } = await startPassThroughRouter(t);
  const deepseek = { baseUrl: provider.baseUrl, apiKey: "k", dialect: "anthropic-messages" };
  const router = await startLocalRouter(t, { providers: { deepseek } });
  const ask = async (more: object): Promise<unknown> => {
    const tools = [{ name: "f", input_schema: { type: "object" } }];
    const messages = [{ role: "user", content: "Hi" }];
    const body = JSON.stringify({ model: "deepseek/deepseek-v4-pro", max_tokens: 500, tools, messages, ...more });
    provider.replay({
      status: 200,
      headers: { "content-type": "application/json" },
      body: '{"type":"message","content":[]}',
    });
    const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body });
    assert.equal(answer.status, 200, await answer.text());
    return (JSON.parse(provider.requests.at(-1)!.bodyText) as { thinking?: unknown }).thinking;
  };
  const thinking = { type: "enabled", budget_tokens: 1024 };
  const off = { type: "disabled" };
  assert.deepEqual(await ask({ tool_choice: { type: "tool", name: "f" } }), off);
  assert.deepEqual(await ask({ tool_choice: { type: "any" }, thinking }), off);
  assert.deepEqual(await ask({ tool_choice: { type: "auto" }, thinking }), thinking);
  assert.equal(await ask({}), undefined);
});

test("a format that DeepSeek's OpenAI dialect knows no schema for is asked for as JSON, and in words", async (t) => {
  const providers = await runSimulatedProviders();
  t.after(() => providers.close());
  const { deepseek } = (providers.configuration as { providers: Record<string, object> }).providers;
  const router = await startLocalRouter(t, { providers: { deepseek: { ...deepseek, dialect: "openai-chat" } } });
  const format = { type: "json_schema", schema: { type: "object", properties: { city: { type: "string" } } } };
  const body = {
    model: "deepseek/deepseek-v4-pro",
    max_tokens: 500,
    output_config: { format },
    messages: [{ role: "user", content: "Where?" }],
  };
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
  const sent = JSON.parse(providers.deepseek.requests[0]!.bodyText) as {
    response_format: unknown;
    messages: unknown[];
  };
  assert.deepEqual(sent.response_format, { type: "json_object" });
  assert.match(JSON.stringify(sent.messages[0]), /"role":"system".*fits this JSON Schema.*city/);
});
