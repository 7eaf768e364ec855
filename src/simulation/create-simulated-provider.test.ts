import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { toJsonObject } from "../core/json.ts";
import type { JsonObject } from "../core/json.ts";
import { openStream } from "../../test/kit/sse-client.ts";
import { waitUntil } from "../../test/kit/wait-until.ts";
import type { BehaviourChange, Fault } from "./behaviour.ts";
import { createSimulatedProvider } from "./create-simulated-provider.ts";
import type { SimulatedProvider } from "./create-simulated-provider.ts";
import { foldAnthropicStream } from "./fold-anthropic-stream.ts";
import type { SimulatedProviderKind } from "./profile.ts";
import { toText } from "./to-text.ts";

const models: Record<SimulatedProviderKind, string> = {
  anthropic: "claude-haiku-4-5",
  openai: "gpt-4o",
  groq: "llama-3.3-70b-versatile",
  deepseek: "deepseek-chat",
};

async function start(t: TestContext, kind: SimulatedProviderKind, behaviour: BehaviourChange = {}) {
  const provider = await createSimulatedProvider({ kind, behaviour });
  t.after(() => provider.close());
  return provider;
}

function urlOf(provider: SimulatedProvider): string {
  return provider.baseUrl + (provider.kind === "anthropic" ? "/v1/messages" : "/chat/completions");
}

const anthropicVersion = { "anthropic-version": "2023-06-01" };
const deferredTools = { "anthropic-beta": "advanced-tool-use-2025-11-20" };

function bodyOf(provider: SimulatedProvider, text: string, more: JsonObject = {}): JsonObject {
  return { model: models[provider.kind], max_tokens: 500, messages: [{ role: "user", content: text }], ...more };
}

function stream(provider: SimulatedProvider, text = "Hello [[tokens:60]]", more: JsonObject = {}) {
  return openStream(urlOf(provider), bodyOf(provider, text, { stream: true, ...more }), anthropicVersion);
}

async function post(provider: SimulatedProvider, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(urlOf(provider), {
    method: "POST",
    headers: { ...anthropicVersion, ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: toJsonObject(await answer.json()) };
}

describe("a simulated provider's streams", () => {
  test("come at the speed that its behaviour says, the first token after its wait", async (t) => {
    const provider = await start(t, "anthropic", { tokensPerSecond: 400, firstTokenMs: 60 });
    const { events, ended } = await stream(provider, "[[tokens:80]]");
    assert.equal(await ended, "whole");
    const firstMs = events[0]?.atMs ?? 0;
    const lastMs = events.at(-1)?.atMs ?? 0;
    assert.ok(firstMs >= 59, `first event after ${firstMs} ms`);
    assert.ok(lastMs - firstMs >= 150, `80 tokens at 400 a second in ${lastMs - firstMs} ms`);
  });

  test("tell of an abort within 100 ms", async (t) => {
    const provider = await start(t, "anthropic", { tokensPerSecond: 50 });
    const answer = await stream(provider, "[[tokens:400]]");
    await waitUntil("the stream flows", () => answer.events.length > 5);
    const leftAtMs = Date.now();
    answer.leave();
    const [aborted] = await waitUntil("the abort arrives", () => provider.aborted.length === 1 && provider.aborted);
    assert.ok((aborted?.abortedAtMs ?? 0) - leftAtMs < 100);
    assert.ok((aborted?.bytesWritten ?? 0) > 0);
    assert.equal(await answer.ended, "left");
  });

  test("wait for a reader that does not read", async (t) => {
    const provider = await start(t, "anthropic");
    provider.behaveNext({ fault: { kind: "huge", bytes: 200_000_000 } });
    const answer = await stream(provider);
    answer.pause();
    await waitUntil("the stream runs", () => provider.counts().running === 1);
    for (let index = 0; index < 20; index++) await (await stream(provider)).ended;
    answer.leave();
    const [aborted] = await waitUntil("the abort arrives", () => provider.aborted.length === 1 && provider.aborted);
    assert.ok((aborted?.bytesWritten ?? 0) < 20_000_000, `${aborted?.bytesWritten} bytes written`);
  });
});

describe("a fault", () => {
  const ends: readonly [Fault, "whole" | "broken", (events: number) => boolean][] = [
    [{ kind: "cut", afterFrames: 5 }, "broken", (events) => events === 5],
    [{ kind: "reset", afterFrames: 5 }, "broken", (events) => events <= 5],
    [{ kind: "early-end", afterFrames: 5 }, "whole", (events) => events === 5],
    [{ kind: "error-event", afterFrames: 0, status: 529 }, "whole", (events) => events === 1],
    [{ kind: "malformed", afterFrames: 3 }, "whole", (events) => events > 5],
    [{ kind: "slow-bytes", bytesPerSecond: 200_000 }, "whole", (events) => events > 5],
    [{ kind: "huge", bytes: 300_000 }, "whole", (events) => events > 1000],
    [{ kind: "html" }, "whole", (events) => events === 0],
    [{ kind: "http-1.0" }, "whole", (events) => events > 5],
  ];
  for (const kind of ["anthropic", "openai"] as const) {
    for (const [fault, end, fits] of ends) {
      test(`${fault.kind} ends a stream of ${kind} as it says, and only the one it was meant for`, async (t) => {
        const provider = await start(t, kind);
        provider.behaveNext({ fault });
        const answer = await stream(provider);
        assert.equal(answer.status, 200);
        assert.equal(await answer.ended, end);
        assert.ok(fits(answer.events.length), `${answer.events.length} events`);
        const next = await stream(provider);
        assert.equal(await next.ended, "whole");
        const last = next.events.at(-1);
        assert.ok(last?.event === "message_stop" || last?.data === "[DONE]");
        assert.equal(provider.aborted.length, 0, "its own ends are no aborts");
      });
    }
  }

  for (const fault of [{ kind: "headers-only" }, { kind: "stall", afterFrames: 4 }] satisfies Fault[]) {
    test(`${fault.kind} leaves the socket open and silent`, async (t) => {
      const provider = await start(t, "anthropic", { fault });
      const answer = await stream(provider);
      assert.equal(answer.status, 200);
      await waitUntil("what comes has come", () => answer.events.length >= (fault.kind === "stall" ? 4 : 0));
      assert.equal(provider.counts().running, 1);
      answer.leave();
      await waitUntil("it is noticed", () => provider.counts().running === 0);
      assert.equal(answer.events.length, fault.kind === "stall" ? 4 : 0);
    });
  }

  test("hang sends no headers; a reset before them breaks the request", async (t) => {
    const provider = await start(t, "openai");
    provider.behaveNext({ fault: { kind: "hang" } });
    const leave = new AbortController();
    const pending = fetch(urlOf(provider), { method: "POST", body: "{}", signal: leave.signal });
    await waitUntil("it arrives", () => provider.counts().running === 1);
    leave.abort();
    await assert.rejects(pending);
    provider.behaveNext({ fault: { kind: "reset", afterFrames: null } });
    await assert.rejects(stream(provider), /ECONNRESET|socket hang up/);
  });

  test("two-answers writes two whole answers to one request", async (t) => {
    const provider = await start(t, "openai", { fault: { kind: "two-answers" } });
    const socket = connect(provider.port, "127.0.0.1");
    const body = JSON.stringify(bodyOf(provider, "Hi"));
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    let text = "";
    socket.on("data", (chunk) => (text += String(chunk)));
    await once(socket, "close");
    assert.equal(text.split("HTTP/1.1 200 OK").length - 1, 2);
  });

  test("cut leaves half of a whole answer, under the length of all of it", async (t) => {
    const provider = await start(t, "anthropic", { fault: { kind: "cut", afterFrames: 0 } });
    const answer = await openStream(urlOf(provider), bodyOf(provider, "Hi"), anthropicVersion);
    assert.equal(await answer.ended, "broken");
    assert.equal(answer.text().length, Math.floor(Number(answer.headers["content-length"]) / 2));
  });
});

describe("errors", () => {
  test("come in each provider's own shape, with retry-after", async (t) => {
    const shapes: Record<SimulatedProviderKind, JsonObject> = {
      anthropic: { type: "error", error: { type: "rate_limit_error" } },
      openai: { error: { type: "requests", code: "rate_limit_exceeded" } },
      groq: { error: { type: "requests", code: "rate_limit_exceeded" } },
      deepseek: { error: { type: "rate_limit_error" } },
    };
    for (const kind of Object.keys(models) as SimulatedProviderKind[]) {
      const provider = await start(t, kind, { fault: { kind: "rate-limit", retryAfterSeconds: 7 } });
      const answer = await post(provider, bodyOf(provider, "Hi"));
      assert.equal(answer.status, 429);
      assert.equal(answer.headers.get("retry-after"), "7");
      assert.partialDeepStrictEqual(answer.body, shapes[kind]);
    }
  });

  test("an overloaded Anthropic answers 529, the others 503", async (t) => {
    for (const kind of Object.keys(models) as SimulatedProviderKind[]) {
      const provider = await start(t, kind, { fault: { kind: "overloaded" } });
      const { status } = await post(provider, bodyOf(provider, "Hi"));
      assert.equal(status, kind === "anthropic" ? 529 : 503);
    }
  });

  test("a wrong key is refused with 401 on every path", async (t) => {
    const provider = await start(t, "anthropic", { requiredKey: "right" });
    assert.equal((await post(provider, bodyOf(provider, "Hi"), { "x-api-key": "wrong" })).status, 401);
    assert.equal((await post(provider, bodyOf(provider, "Hi"), { authorization: "Bearer right" })).status, 200);
    assert.equal((await fetch(`${provider.origin}/v1/models`)).status, 401);
  });

  test("requests above the limit a minute get 429 and when to come back", async (t) => {
    const provider = await start(t, "openai", { requestsPerMinute: 2 });
    const statuses = [];
    for (let index = 0; index < 3; index++) statuses.push((await post(provider, bodyOf(provider, "Hi"))).status);
    assert.deepEqual(statuses, [200, 200, 429]);
  });

  test("a prompt beyond the context is refused in the provider's own words", async (t) => {
    const words: Record<SimulatedProviderKind, RegExp> = {
      anthropic: /^prompt is too long: \d+ tokens > 1000 maximum$/,
      openai: /maximum context length is 1000 tokens. However, your messages resulted in/,
      groq: /Please reduce the length of the messages/,
      deepseek: /maximum context length is 1000 tokens. However, you requested/,
    };
    for (const kind of Object.keys(models) as SimulatedProviderKind[]) {
      const provider = await start(t, kind, { contextTokens: 1000 });
      const { status, body } = await post(provider, bodyOf(provider, "long ".repeat(1000)));
      assert.equal(status, 400);
      assert.match(toText(toJsonObject(body["error"])["message"]), words[kind]);
    }
  });
});

describe("an account of what it got", () => {
  test("holds the last requests whole, and forgets older ones", async (t) => {
    const provider = await createSimulatedProvider({ kind: "anthropic", keepRequests: 3 });
    t.after(() => provider.close());
    for (let index = 1; index <= 8; index++) await post(provider, bodyOf(provider, `number ${index}`));
    assert.deepEqual(
      provider.requests.map(({ serial }) => serial),
      [6, 7, 8],
    );
    const last = provider.requests.at(-1);
    assert.equal(last?.path, "/v1/messages");
    assert.equal(last?.headers["anthropic-version"], "2023-06-01");
    assert.deepEqual(last?.body, bodyOf(provider, "number 8"));
  });

  test("and its behaviour can be read and changed over HTTP", async (t) => {
    const provider = await start(t, "groq");
    const control = `${provider.origin}/simulation/behaviour`;
    const change = (value: unknown): Promise<Response> =>
      fetch(control, { method: "POST", body: JSON.stringify(value) });
    await change({ fault: { kind: "status", status: 500 }, nextRequests: 1 });
    assert.equal((await post(provider, bodyOf(provider, "Hi"))).status, 500);
    assert.equal((await post(provider, bodyOf(provider, "Hi"))).status, 200);
    await change({ firstTokenMs: 1 });
    assert.equal(provider.behaviour.firstTokenMs, 1);
    const refused = await change({ firstTokenMs: "soon" });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /firstTokenMs/);
    await fetch(control, { method: "DELETE" });
    assert.equal(provider.behaviour.firstTokenMs, 0);
    const counts = toJsonObject(await (await fetch(`${provider.origin}/simulation/counts`)).json());
    assert.equal(counts["requests"], 2, "control requests are not counted");
  });
});

test("a provider that stops listening refuses connections, and serves again on the same port", async (t) => {
  const provider = await start(t, "anthropic");
  await provider.stopListening();
  await assert.rejects(stream(provider), /ECONNREFUSED/);
  await provider.listenAgain();
  assert.equal(await (await stream(provider)).ended, "whole");
});

test("a recording is answered byte for byte, in any cut", async (t) => {
  const provider = await start(t, "anthropic");
  const payloads = ['{"type":"message_start","message":{"id":"é"}}', '{"type":"message_stop"}'];
  for (const writes of ["whole", "payloads", "bytes", "within-characters"] as const) {
    provider.replay({ payloads, writes, headers: { "x-recorded": "yes" } });
    const answer = await stream(provider);
    assert.equal(await answer.ended, "whole");
    assert.equal(answer.headers["x-recorded"], "yes");
    assert.deepEqual(
      answer.events.map(({ data }) => data),
      payloads,
    );
  }
  provider.replay({ status: 418, body: "{}" });
  assert.equal((await post(provider, {})).status, 418);
  provider.replay({ payloads, payloadCount: 1, ending: "close" });
  assert.equal(await (await stream(provider)).ended, "broken");
});

test("token counts agree with the usage of the same prompt; a repeated prompt is read from the cache", async (t) => {
  const provider = await start(t, "anthropic");
  const system = [{ type: "text", text: "rules ".repeat(2000), cache_control: { type: "ephemeral", ttl: "1h" } }];
  const body = bodyOf(provider, "Hi", { system });
  const { max_tokens: _limit, ...counted } = body;
  const count = await fetch(`${provider.origin}/v1/messages/count_tokens?beta=true`, {
    method: "POST",
    headers: anthropicVersion,
    body: JSON.stringify(counted),
  });
  const total = Number(toJsonObject(await count.json())["input_tokens"]);
  for (const isFirst of [true, false]) {
    const usage = toJsonObject((await post(provider, body)).body["usage"]);
    const [input, written, read] = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"].map(
      (field) => Number(usage[field]),
    );
    assert.equal((input ?? 0) + (written ?? 0) + (read ?? 0), total);
    assert.equal(isFirst ? read : written, 0);
    const byTtl = toJsonObject(usage["cache_creation"]);
    assert.equal(byTtl["ephemeral_1h_input_tokens"], written);
  }
});

test("a whole answer and a stream of the same request say the same", async (t) => {
  const whole = await start(t, "anthropic");
  const streamed = await start(t, "anthropic");
  const tools = [{ name: "Bash", input_schema: { type: "object", properties: {} } }];
  const more = { tools, thinking: { type: "enabled", budget_tokens: 1024 }, max_tokens: 2000 };
  const text = '[[tool:Bash {"command":"ls"}]]';
  const { body } = await post(whole, bodyOf(whole, text, more));
  const answer = await stream(streamed, text, more);
  await answer.ended;
  const folded = foldAnthropicStream(answer.text());
  assert.deepEqual(folded.content, body["content"]);
  assert.equal(folded.stopReason, body["stop_reason"]);
  assert.deepEqual(folded.usage, body["usage"]);
});

test("the simulated Anthropic calls a deferred tool once the client's tool search has named it", async (t) => {
  const anthropic = await start(t, "anthropic");
  const input_schema = { type: "object" };
  const tools = [
    { name: "ToolSearch", input_schema },
    { name: "WebSearch", input_schema, defer_loading: true },
  ];
  const script = "[[tool:ToolSearch {}]] [[tool:WebSearch {}]] [[say:nothing found]]";
  const search = { type: "tool_use", id: "a", name: "ToolSearch", input: {} };
  const ask = async (content: JsonObject["content"]): Promise<string> => {
    const messages = [
      { role: "user", content: script },
      { role: "assistant", content: [search] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content }] },
    ];
    const { body } = await post(anthropic, { ...bodyOf(anthropic, "", { tools }), messages }, deferredTools);
    return JSON.stringify(body["content"]);
  };
  assert.match(await ask([{ type: "tool_reference", tool_name: "WebSearch" }]), /"name":"WebSearch"/);
  assert.match(await ask("no such tool"), /nothing found/);
});
