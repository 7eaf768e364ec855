/** Tools and reasoning at OpenAI, which Chat Completions refuses together: clients of both dialects, by the Responses API. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { JsonObject } from "../../src/core/json.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import { openStream } from "../kit/sse-client.ts";
import { readRecords } from "../kit/recorded-calls.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";

const model = "gpt-6-sol";
const parameters = { type: "object" as const, properties: { command: { type: "string" } }, required: ["command"] };
const bash = { name: "Bash", description: "Runs a command", input_schema: parameters };
const bashFunction = { type: "function" as const, function: { name: "Bash", parameters } };
const question = { role: "user" as const, content: "Use the Bash tool: `ls`" };
const thinking = { type: "enabled" as const, budget_tokens: 1024 };
const asked = { model, max_tokens: 4096, tools: [bash], thinking };

interface Setup {
  readonly openai: SimulatedProvider;
  readonly router: LocalRouter;
  readonly anthropicClient: Anthropic;
  readonly openaiClient: OpenAI;
  readonly ledgerPath: string;
}

async function start(t: CleansUp, settings: (openai: SimulatedProvider) => object = () => ({})): Promise<Setup> {
  const openai = await createSimulatedProvider({ kind: "openai" });
  t.after(() => openai.close());
  const ledgerPath = join(createTemporaryFolder(t), "ledger.sqlite");
  const router = await startLocalRouter(t, {
    ledger: { sqlitePath: ledgerPath },
    providers: { openai: { baseUrl: openai.baseUrl, apiKey: "a" } },
    retries: { baseDelayMs: 1 },
    ...settings(openai),
  });
  return {
    openai,
    router,
    ledgerPath,
    anthropicClient: new Anthropic({ baseURL: router.url, apiKey: "any", maxRetries: 0 }),
    openaiClient: new OpenAI({ baseURL: `${router.url}/v1`, apiKey: "any", maxRetries: 0 }),
  };
}

function bodyOf(provider: SimulatedProvider, place = -1): JsonObject {
  return provider.requests.at(place)!.body as JsonObject;
}

function inputTypes(provider: SimulatedProvider): unknown[] {
  return (bodyOf(provider)["input"] as JsonObject[]).map(({ type, role }) => type ?? role);
}

/** The turns of a tool's use: the question, the answer, the tool's result. */
function withResult(content: Anthropic.ContentBlock[]): Anthropic.MessageParam[] {
  const { id } = content.find((block) => block.type === "tool_use")!;
  return [
    question,
    { role: "assistant", content },
    { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "a.txt" }] },
  ];
}

for (const isStreaming of [false, true]) {
  test(`a client of Anthropic's thinks between tools, and its reasoning goes back (${isStreaming ? "streamed" : "whole"})`, async (t) => {
    const { openai, anthropicClient } = await start(t);
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
    const { openai, openaiClient } = await start(t);
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

test("a stream ends with a chunk of counts for who asks for it, and for nobody else", async (t) => {
  const { router } = await start(t);
  const lastChunks = async (more: object): Promise<JsonObject[]> => {
    const body = { model, messages: [question], tools: [bashFunction], stream: true, ...more };
    const { events, ended } = await openStream(`${router.url}/v1/chat/completions`, body);
    await ended;
    return events.slice(-3, -1).map(({ data }) => JSON.parse(data) as JsonObject);
  };
  const choicesOf = (chunks: JsonObject[]): number[] => chunks.map(({ choices }) => (choices as unknown[]).length);
  assert.deepEqual(choicesOf(await lastChunks({ stream_options: { include_usage: true } })), [1, 0]);
  const [, last] = await lastChunks({});
  assert.deepEqual(choicesOf([last!]), [1]);
  assert.ok(last!["usage"] !== undefined);
});

test("without tools, or with thinking said to be off, Chat Completions serves the call, without reasoning of before", async (t) => {
  const { openai, anthropicClient } = await start(t);
  const first = await anthropicClient.messages.create({ ...asked, messages: [question] });
  const messages = withResult(first.content);
  await anthropicClient.messages.create({ ...asked, messages, thinking: { type: "disabled" } });
  assert.equal(openai.requests.at(-1)!.path, "/v1/chat/completions");
  assert.doesNotMatch(JSON.stringify(bodyOf(openai)), /reasoning_details/);
  await anthropicClient.messages.create({ model, max_tokens: 64, messages: [{ role: "user", content: "Hi" }] });
  assert.equal(openai.requests.at(-1)!.path, "/v1/chat/completions");
});

test("Chat Completions is asked for its strongest effort where a stronger one is wanted, the Responses API for that one", async (t) => {
  const { openai, router } = await start(t);
  const sent = async (more: object): Promise<JsonObject> => {
    const body = { model, messages: [question], reasoning_effort: "max", ...more };
    await fetch(`${router.url}/v1/chat/completions`, { method: "POST", body: JSON.stringify(body) });
    return bodyOf(openai);
  };
  assert.equal((await sent({}))["reasoning_effort"], "xhigh");
  assert.deepEqual((await sent({ tools: [bashFunction] }))["reasoning"], { effort: "max" });
});

test("reasoning goes to no other provider, also where that one takes the form", async (t) => {
  const { openai, router } = await start(t, ({ baseUrl }) => ({
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

test("reasoning that the provider cannot read any more is left out, and the call goes on", async (t) => {
  const { openai, anthropicClient, ledgerPath } = await start(t);
  const first = await anthropicClient.messages.create({ ...asked, messages: [question] });
  const [thought, ...rest] = first.content;
  assert.ok(thought?.type === "redacted_thinking");
  const envelope = Buffer.from(thought.data.slice("ccr1.".length), "base64url").toString();
  const damaged = envelope.replace(/"data":"[^"]{8}/, '"data":"damaged-');
  assert.notEqual(damaged, envelope);
  const content = [{ ...thought, data: `ccr1.${Buffer.from(damaged).toString("base64url")}` }, ...rest];
  const { data, response } = await anthropicClient.messages
    .create({ ...asked, messages: withResult(content) })
    .withResponse();
  assert.equal(data.stop_reason, "end_turn");
  assert.ok(!inputTypes(openai).includes("reasoning"));
  const id = response.headers.get("x-ccr-request-id")!;
  const { attempts, notes, usage } = (await readRecords(ledgerPath, [id])).get(id)!;
  assert.deepEqual(
    attempts.map(({ status }) => status),
    [400, 200],
  );
  assert.ok(notes.includes("input: reasoning that the target refused left out"));
  assert.ok(usage!.reasoning > 0 && usage!.output > usage!.reasoning);
});

test("a stream that fails before the model's first word is served by the next target, a later one is told", async (t) => {
  const other = await createSimulatedProvider({ kind: "anthropic" });
  t.after(() => other.close());
  const { openai, router } = await start(t, (openai) => ({
    providers: {
      openai: { baseUrl: openai.baseUrl, apiKey: "a" },
      anthropic: { baseUrl: other.baseUrl, apiKey: "b" },
    },
    aliases: { m: [`openai/${model}`, "anthropic/claude-sonnet-4-5"] },
  }));
  const request = { ...asked, model: "m", messages: [question], stream: true };
  openai.behave({ fault: { kind: "error-event", afterFrames: 2, status: 500 } });
  const early = await openStream(`${router.url}/v1/messages`, request);
  assert.equal(await early.ended, "whole");
  assert.equal(early.headers["x-ccr-provider"], "anthropic");
  openai.behave({ fault: { kind: "error-event", afterFrames: 12, status: 500 } });
  const late = await openStream(`${router.url}/v1/messages`, request);
  await late.ended;
  assert.equal(late.headers["x-ccr-provider"], "openai");
  assert.equal(late.events.at(-1)?.event, "error");
});

for (const [status, words] of [
  [404, "Item with id 'rs_1' not found."],
  [422, "The encrypted content gAAA could not be verified."],
  [200, "The encrypted content gAAA could not be verified."],
] as const) {
  test(`reasoning that is refused under ${status} is left out, too`, async (t) => {
    const { openai, anthropicClient } = await start(t);
    const first = await anthropicClient.messages.create({ ...asked, messages: [question] });
    const error = { type: "invalid_request_error", code: "invalid_encrypted_content", message: words };
    openai.replay({
      status,
      headers: { "content-type": status === 200 ? "text/event-stream" : "application/json" },
      body: status === 200 ? `data: ${JSON.stringify({ type: "error", error })}\n\n` : JSON.stringify({ error }),
    });
    const second = anthropicClient.messages.stream({ ...asked, messages: withResult(first.content) });
    assert.equal((await second.finalMessage()).stop_reason, "end_turn");
    assert.ok(!inputTypes(openai).includes("reasoning"));
    assert.deepEqual(bodyOf(openai)["include"], ["reasoning.encrypted_content"]);
  });
}

test("a model that encrypts nothing is asked once more without", async (t) => {
  const { openai, anthropicClient } = await start(t);
  const message = "Encrypted content is not supported with this model.";
  openai.replay({
    status: 400,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ error: { message } }),
  });
  await anthropicClient.messages.create({ ...asked, messages: [question] });
  assert.deepEqual([openai.requests.length, bodyOf(openai)["include"]], [2, undefined]);
});

test("answers that are kept or shared have their counts as each client wants them", async (t) => {
  const { router } = await start(t, ({ baseUrl }) => ({
    providers: { openai: { baseUrl, apiKey: "a" } },
    cache: { enabled: true, rules: [{ cache: true }] },
  }));
  const countsOf = async (more: object): Promise<readonly [unknown, number, boolean]> => {
    const body = { model, messages: [question], tools: [bashFunction], stream: true, ...more };
    const { events, ended, headers } = await openStream(`${router.url}/v1/chat/completions`, body);
    await ended;
    const chunks = events.filter(({ data }) => data !== "[DONE]").map(({ data }) => JSON.parse(data) as JsonObject);
    const empty = chunks.filter(({ choices }) => (choices as unknown[]).length === 0);
    return [headers["x-ccr-cache"], empty.length, chunks.some(({ usage }) => (usage ?? null) !== null)];
  };
  const asking = { stream_options: { include_usage: true } };
  assert.deepEqual(await countsOf({}), ["miss", 0, true]);
  assert.deepEqual(await countsOf(asking), ["hit", 1, true]);
  const [, empty] = await countsOf({});
  assert.equal(empty, 0);
});

for (const [code, message, status, told] of [
  ["context_length_exceeded", "Your input exceeds the context window of this model.", 400, /prompt is too long/],
  ["insufficient_quota", "You exceeded your current quota.", 502, /quota/],
  ["invalid_prompt", "Invalid prompt: we've limited access to this content.", 400, /Invalid prompt/],
] as const) {
  test(`a failure that comes as an event before the first word has its own status (${code})`, async (t) => {
    const { openai, router } = await start(t);
    const response = { id: "resp_1", object: "response", status: "failed", error: { code, message }, output: [] };
    const event = (type: string): string => `event: ${type}\ndata: ${JSON.stringify({ type, response })}\n\n`;
    openai.replay({
      status: 200,
      headers: { "content-type": "text/event-stream" },
      body: event("response.created") + event("response.failed"),
    });
    const answer = await fetch(`${router.url}/v1/messages`, {
      method: "POST",
      body: JSON.stringify({ ...asked, messages: [question], stream: true }),
    });
    assert.equal(answer.status, status);
    assert.match(await answer.text(), told);
    assert.equal(openai.requests.length, 1);
  });
}

test("used-up credit that an event tells of makes its key rest, and another one is asked at once", async (t) => {
  const { openai, router } = await start(t, ({ baseUrl }) => ({
    providers: { openai: { baseUrl, keys: ["first", "second"] } },
  }));
  const error = { code: "insufficient_quota", message: "You exceeded your current quota." };
  const data = JSON.stringify({ type: "response.failed", response: { id: "resp_1", status: "failed", error } });
  const failing = { status: 200, headers: { "content-type": "text/event-stream" }, body: `data: ${data}\n\n` };
  openai.replay(failing);
  const body = JSON.stringify({ ...asked, messages: [question], stream: true });
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body });
  assert.equal(answer.status, 200);
  await answer.text();
  const keys = openai.requests.map(({ headers }) => headers["authorization"]);
  assert.deepEqual(keys.sort(), ["Bearer first", "Bearer second"]);
  // The first key rests: only the second one is asked.
  openai.replay(failing);
  assert.equal((await fetch(`${router.url}/v1/messages`, { method: "POST", body })).status, 502);
  assert.equal(openai.requests.length, 3);
});

test("any server that speaks the Responses API alone is called by it where the configuration says so", async (t) => {
  const { openai, anthropicClient } = await start(t, ({ baseUrl }) => ({
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
