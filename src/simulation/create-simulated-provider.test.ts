import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toJsonObject } from "../core/json/json.ts";
import type { JsonObject } from "../core/json/json.ts";
import { waitUntil } from "../../test/kit/wait-until.ts";
import { createSimulatedProvider } from "./create-simulated-provider.ts";
import { foldAnthropicStream } from "./traffic/fold-anthropic-stream.ts";
import { anthropicVersion, bodyOf, post, start, stream } from "./test-provider.ts";

const deferredTools = { "anthropic-beta": "advanced-tool-use-2025-11-20" };

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
    for (const nextRequests of ["one", 0, 1.5, null]) {
      const refusal = await change({ fault: { kind: "hang" }, nextRequests });
      assert.equal(refusal.status, 400);
      assert.match(await refusal.text(), /nextRequests: a whole number from 1 on/);
    }
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
