/** Same dialect: what reaches the provider and the client is what the other side sent. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

async function start(
  t: CleansUp,
  settings: object = {},
): Promise<{ provider: SimulatedProvider; router: LocalRouter }> {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { isStrict: false } });
  t.after(() => provider.close());
  const router = await startLocalRouter(t, {
    providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "provider-key" } },
    aliases: { alias: "anthropic/claude-sonnet-4-5" },
    ...settings,
  });
  return { provider, router };
}

/** Fields that the router does not know, odd spacing, an escape, and numbers that a parse would change. */
const oddBody =
  '{ "model" :"claude-sonnet-4-5",\n"x_unknown": 1.0, "big": 12345678901234567890,"messages":[{"role":"user","content":"\\u00e9\\/"}], "max_tokens":16}';

test("a request's bytes reach the provider unchanged", async (t) => {
  const { provider, router } = await start(t);
  const answer = await fetch(`${router.url}/v1/messages?beta=true`, { method: "POST", body: oddBody });
  assert.equal(answer.status, 200);
  assert.equal(provider.requests[0]?.bodyText, oddBody);
  assert.equal(provider.requests[0]?.path, "/v1/messages?beta=true");
});

test("an alias changes the model's name and nothing else", async (t) => {
  const { provider, router } = await start(t);
  const body = oddBody.replace("claude-sonnet-4-5", "alias");
  await fetch(`${router.url}/v1/messages`, { method: "POST", body });
  assert.equal(provider.requests[0]?.bodyText, oddBody);
});

test("an effort that a local server's model does not know becomes the nearest, whoever chose the model", async (t) => {
  const { provider, router } = await start(t);
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

for (const [encoding, compress] of [
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
  ["Identity", (body: Buffer) => body],
  ["GZip, identity", gzipSync],
] as const) {
  test(`a body compressed by ${encoding} is understood`, async (t) => {
    const { provider, router } = await start(t);
    const headers = { "content-encoding": encoding };
    const answer = await fetch(`${router.url}/v1/messages`, {
      method: "POST",
      headers,
      body: compress(Buffer.from(oddBody)),
    });
    assert.equal(answer.status, 200);
    assert.equal(provider.requests[0]?.bodyText, oddBody);
  });
}

test("the client's versions, betas and own headers pass; its credential for the router does not", async (t) => {
  const { provider, router } = await start(t);
  const headers = {
    "anthropic-version": "2099-01-01",
    "anthropic-beta": "a-2025-01-01,unknown-2099-12-31",
    "anthropic-anything": "yes",
    "x-stainless-lang": "js",
    authorization: "Bearer router-secret",
    "x-api-key": "router-secret",
    cookie: "session=1",
  };
  await fetch(`${router.url}/v1/messages`, { method: "POST", headers, body: oddBody });
  const sent = provider.requests[0]!.headers;
  assert.equal(sent["anthropic-version"], "2099-01-01");
  assert.equal(sent["anthropic-beta"], "a-2025-01-01,unknown-2099-12-31");
  assert.equal(sent["anthropic-anything"], "yes");
  assert.equal(sent["x-stainless-lang"], "js");
  assert.equal(sent["x-api-key"], "provider-key");
  assert.equal(sent.authorization, undefined);
  assert.equal(sent.cookie, undefined);
  assert.doesNotMatch(JSON.stringify(sent), /router-secret/);
});

test("headers that a message's connection header names are of that connection, and pass in neither direction", async (t) => {
  const { provider, router } = await start(t);
  provider.replay({
    status: 200,
    headers: {
      "content-type": "application/json",
      connection: "X-Theirs, keep-alive",
      "x-theirs": "1",
      "x-passed": "1",
    },
    body: '{"type":"message"}',
  });
  const headers = { connection: "close, X-Hop ,anthropic-beta", "x-hop": "1", "anthropic-beta": "b", "x-end": "1" };
  const asked = request(`${router.url}/v1/messages`, { method: "POST", headers });
  asked.end(oddBody);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  answer.resume();
  const sent = provider.requests[0]!.headers;
  assert.deepEqual([sent["x-hop"], sent["anthropic-beta"], sent["x-end"]], [undefined, undefined, "1"]);
  assert.deepEqual([answer.headers["x-theirs"], answer.headers["x-passed"]], [undefined, "1"]);
});

test("a configured beta is added to the client's, whose fields would be refused without their own", async (t) => {
  const { provider, router } = await start(t);
  await router.close();
  const headers = { "anthropic-beta": "context-1m-2025-08-07, b", "user-agent": "ours" };
  const adding = await startLocalRouter(t, {
    providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "provider-key", headers } },
  });
  for (const asked of [{ "anthropic-beta": "a, b" }, {}]) {
    await fetch(`${adding.url}/v1/messages`, { method: "POST", headers: asked, body: oddBody });
  }
  const sent = provider.requests.map((request) => request.headers);
  assert.deepEqual(
    sent.map((one) => one["anthropic-beta"]),
    ["a,b,context-1m-2025-08-07", "context-1m-2025-08-07, b"],
  );
  assert.equal(sent[0]?.["user-agent"], "ours");
});

test("an answer's bytes reach the client unchanged, whole and streamed", async (t) => {
  const { provider, router } = await start(t);
  const whole =
    '{ "type":"message","id":"msg_1", "role":"assistant","content":[],"model":"m","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}, "new_field":[1.0]}';
  provider.replay({
    status: 200,
    headers: { "content-type": "application/json", "request-id": "req_theirs" },
    body: whole,
  });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.equal(await answer.text(), whole);
  assert.equal(answer.headers.get("request-id"), "req_theirs");

  const stream = [
    'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"m","stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}\n\n',
    ': a comment\n\nevent: new_event\ndata: {"type":"new_event"}\n\n',
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}\n\n',
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  ].join("");
  provider.replay({ status: 200, headers: { "content-type": "text/event-stream" }, body: stream });
  const streamed = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.equal(await streamed.text(), stream);
});

test("a stream of data alone reaches the client with the names that its library goes by, wherever it was cut", async (t) => {
  const { provider, router } = await start(t);
  const events = [
    {
      type: "message_start",
      message: { id: "m", type: "message", role: "assistant", content: [], model: "m", usage: {} },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Grüße" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } },
    { type: "message_stop" },
  ];
  const bare = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  const named = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  const headers = { "content-type": "text/event-stream" };
  for (const [body, expected] of [
    [bare, named],
    [`: hello\n\n${bare}`, `: hello\n\n${named}`],
    [`: hello\n\n${named}`, `: hello\n\n${named}`],
    [bare.trimEnd(), named],
    [bare.slice(0, bare.lastIndexOf("data:")), named],
  ] as const) {
    for (const writes of ["bytes", { everyBytes: 7 }, "whole"] as const) {
      provider.replay({ status: 200, headers, body, writes });
      const streamed = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
      assert.equal((await streamed.text()).replace(/^: hello\n\n/, ""), expected.replace(/^: hello\n\n/, ""));
    }
  }
});

test("a stream of data alone that breaks off ends with an error event", async (t) => {
  const { provider, router } = await start(t);
  const body = 'data: {"type":"message_start","message":{}}\n\ndata: {"type":"content_block_st';
  provider.replay({ status: 200, headers: { "content-type": "text/event-stream" }, body });
  const streamed = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.match(
    await streamed.text(),
    /^event: message_start\ndata: \{"type":"message_start","message":\{\}\}\n\nevent: error\ndata: \{"type":"error".*\}\n\n$/,
  );
});

test("a stream that lacks nothing but its last event gets that: clients find no answer without", async (t) => {
  const { provider, router } = await start(t);
  const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
  const delta =
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}\n\n';
  for (const last of ["", stop.slice(0, -1), stop.slice(0, 40)]) {
    provider.replay({ status: 200, headers: { "content-type": "text/event-stream" }, body: delta + last });
    const streamed = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
    assert.equal(await streamed.text(), delta + stop);
  }
});

test("a shared quota of the provider is not shown to the client", async (t) => {
  const { provider, router } = await start(t);
  provider.replay({
    status: 200,
    headers: {
      "content-type": "application/json",
      "anthropic-ratelimit-unified-status": "allowed",
      "x-ratelimit-remaining": "9",
    },
    body: '{"type":"message"}',
  });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.deepEqual(
    [...answer.headers.keys()].filter((name) => name.includes("ratelimit")),
    [],
  );
});

test("a provider's headers in the router's own words are not passed on: it may be a router itself", async (t) => {
  const { provider, router } = await start(t);
  const headers = { "content-type": "application/json", "x-ccr-request-id": "req_other", "x-ccr-model": "other" };
  provider.replay({ status: 200, headers, body: '{"type":"message"}' });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.match(answer.headers.get("x-ccr-request-id") ?? "", /^req_[0-9a-f]+$/);
  assert.doesNotMatch(answer.headers.get("x-ccr-model") ?? "", /other/);
});

test("an error of the provider passes as it is, with its retry-after and x-should-retry", async (t) => {
  const { provider, router } = await start(t);
  const body =
    '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 213462 tokens > 200000 maximum"},"request_id":"req_x", "extra":1.0}';
  provider.replay({
    status: 400,
    headers: { "content-type": "application/json", "x-should-retry": "false", "retry-after": "7" },
    body,
  });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.equal(answer.status, 400);
  assert.equal(await answer.text(), body);
  assert.equal(answer.headers.get("x-should-retry"), "false");
  assert.equal(answer.headers.get("retry-after"), "7");
});

test("a page in place of an answer is no answer", async (t) => {
  const { provider, router } = await start(t, { retries: { attemptsPerTarget: 1 } });
  for (const body of ["", " ", "<html>Sign in</html>"]) {
    provider.replay({ status: 200, headers: { "content-type": "text/html" }, body });
    const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
    assert.equal(answer.status, 502);
    assert.match(await answer.text(), /no JSON object: check its `baseUrl`/);
  }
});

test("a redirect does not pass: the client would show its key to another host", async (t) => {
  const { provider, router } = await start(t);
  provider.replay({ status: 307, headers: { location: "https://elsewhere.example/" }, body: "" });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody, redirect: "manual" });
  assert.equal(answer.status, 502);
  assert.equal(answer.headers.get("location"), null);
  assert.match(await answer.text(), /redirects to https:\/\/elsewhere\.example\/: check the provider's `baseUrl`/);
});

test("a proxy before the provider that wants a password is told in words: 407 would be the client's own proxy", async (t) => {
  const { provider, router } = await start(t);
  provider.replay({ status: 407, headers: { "proxy-authenticate": "Basic" }, body: "" });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: oddBody });
  assert.equal(answer.status, 502);
  assert.match(await answer.text(), /A proxy before the provider wants a password/);
});

test("with passthrough the client's own login goes to the provider, and so do the provider's limits back", async (t) => {
  const { provider, router } = await start(t, {});
  const own = await startLocalRouter(t, {
    providers: { anthropic: { baseUrl: provider.baseUrl, credentials: "passthrough" } },
  });
  assert.notEqual(own.url, router.url);
  provider.replay({
    status: 200,
    headers: { "content-type": "application/json", "anthropic-ratelimit-unified-status": "allowed" },
    body: '{"type":"message"}',
  });
  const headers = { authorization: "Bearer sk-ant-oat01-mine" };
  const answer = await fetch(`${own.url}/v1/messages`, { method: "POST", headers, body: oddBody });
  assert.equal(provider.requests.at(-1)?.headers.authorization, "Bearer sk-ant-oat01-mine");
  assert.equal(provider.requests.at(-1)?.headers["x-api-key"], undefined);
  assert.equal(answer.headers.get("anthropic-ratelimit-unified-status"), "allowed");
});

test("tool changes between messages reach Anthropic as they are, and other servers as the list that they lead to", async (t) => {
  const { provider, router } = await start(t);
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
  const { provider } = await start(t);
  const deepseek = { baseUrl: provider.baseUrl, apiKey: "k", dialect: "anthropic-messages" };
  const router = await startLocalRouter(t, { providers: { deepseek } });
  const ask = async (more: object): Promise<unknown> => {
    const tools = [{ name: "f", input_schema: { type: "object" } }];
    const messages = [{ role: "user", content: "Hi" }];
    const body = JSON.stringify({ model: "deepseek/deepseek-v4-pro", max_tokens: 500, tools, messages, ...more });
    provider.replay({ status: 200, headers: { "content-type": "application/json" }, body: '{"type":"message"}' });
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

test("the subagent tag chooses the model and is taken out of the prompt", async (t) => {
  const { provider, router } = await start(t);
  const body = {
    model: "claude-opus-4-1",
    max_tokens: 16,
    system: [
      { type: "text", text: "You help. <CCR-SUBAGENT-MODEL>anthropic,claude-haiku-4-5</CCR-SUBAGENT-MODEL> Be brief." },
    ],
    messages: [{ role: "user", content: "<CCR-SUBAGENT-MODEL> is only a word here" }],
  };
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: JSON.stringify(body) });
  assert.match(answer.headers.get("x-ccr-route")!, /^subagent-tag/);
  const sent = JSON.parse(provider.requests[0]!.bodyText) as typeof body;
  assert.equal(sent.model, "claude-haiku-4-5");
  assert.equal(sent.system[0]?.text, "You help.  Be brief.");
  assert.equal(sent.messages[0]?.content, body.messages[0]!.content);
});
