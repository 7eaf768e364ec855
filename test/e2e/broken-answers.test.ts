/** What a client gets of an answer that breaks off, falls silent or cannot be read. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { startLocalRouter } from "../kit/local-router.ts";
import { openStream } from "../kit/sse-client.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { post, question, simulate, startPair } from "./provider-pair.ts";

describe("after an answer has begun", () => {
  for (const [dialect, path, model, errorSign] of [
    ["anthropic-messages", "/v1/messages", "first/claude-sonnet-4-5", /event: error\ndata: \{"type":"error"/],
    ["anthropic-messages, translated", "/v1/messages", "second/gpt-4.1", /event: error\ndata: \{"type":"error"/],
    ["openai-chat", "/v1/chat/completions", "second/gpt-4.1", /data: \{"error":/],
    ["openai-chat, translated", "/v1/chat/completions", "first/claude-sonnet-4-5", /data: \{"error":/],
  ] as const) {
    test(`a provider that breaks off gives an error event, and no made-up end (${dialect})`, async (t) => {
      const { first, second, router } = await startPair(t);
      first.behave({ fault: { kind: "cut", afterFrames: 5 } });
      second.behave({ fault: { kind: "cut", afterFrames: 5 } });
      const stream = await openStream(router.url + path, { model, stream: true, ...question });
      assert.equal(await stream.ended, "whole");
      assert.match(stream.text(), errorSign);
      assert.doesNotMatch(stream.text(), /message_stop|"finish_reason":"stop"|\[DONE\]/);
    });
  }

  test("a provider that falls silent is covered by pings, then by an error event at the limit", async (t) => {
    const first = await simulate(t, "anthropic");
    const router = await startLocalRouter(t, {
      providers: {
        first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a", timeouts: { betweenBytesMs: 300 } },
      },
      stream: { pingAfterMs: 40 },
    });
    first.behave({ fault: { kind: "stall", afterFrames: 4 } });
    const stream = await openStream(`${router.url}/v1/messages`, {
      model: "claude-sonnet-4-5",
      stream: true,
      ...question,
    });
    assert.equal(await stream.ended, "whole");
    assert.ok(stream.events.filter(({ event }) => event === "ping").length >= 2);
    assert.equal(stream.events.at(-1)?.event, "error");
  });

  test("a provider that is silent after its headers gets the client pings before the first event", async (t) => {
    const first = await simulate(t, "anthropic");
    const router = await startLocalRouter(t, {
      providers: {
        first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a", timeouts: { betweenBytesMs: 200 } },
      },
      stream: { pingAfterMs: 40 },
    });
    first.behave({ fault: { kind: "headers-only" } });
    const stream = await openStream(`${router.url}/v1/messages`, {
      model: "claude-sonnet-4-5",
      stream: true,
      ...question,
    });
    assert.equal(await stream.ended, "whole");
    assert.equal(stream.events[0]?.event, "ping");
    assert.equal(stream.events.at(-1)?.event, "error");
  });
});

test("pings in the OpenAI dialect end no event, in either relay: some clients' streams would break off there", async (t) => {
  const { first, second, router } = await startPair(t, { stream: { pingAfterMs: 40 } });
  const slow = { tokensPerSecond: 8, answerTokens: 3 };
  first.behave(slow);
  second.behave(slow);
  for (const model of ["first/claude-sonnet-4-5", "second/gpt-4.1"]) {
    const url = `${router.url}/v1/chat/completions`;
    const stream = await openStream(url, { model, stream: true, messages: question.messages });
    assert.equal(await stream.ended, "whole");
    assert.ok(stream.text().includes(": ping\n"));
    const blocks = stream
      .text()
      .split("\n\n")
      .filter((block) => block !== "");
    assert.ok(blocks.every((block) => block.includes("data: ")));
    assert.equal(stream.events.at(-1)?.data, "[DONE]");
  }
});

test("an error without an end is told by its beginning, and read no further", async (t) => {
  let isLeft = false;
  const server = createServer((_request, answer) => {
    answer.writeHead(400, { "content-type": "text/plain" });
    const piece = "no ".repeat(20_000);
    const goOn = (): void => {
      while (!answer.closed && answer.write(piece));
    };
    answer.on("drain", goOn);
    answer.on("close", () => (isLeft = true));
    goOn();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const router = await startLocalRouter(t, { providers: { anthropic: { baseUrl, apiKey: "a" } } });
  const answer = await post(router, { model: "claude-sonnet-4-5", ...question });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /"message":"no no /);
  await waitUntil("the provider is left", () => isLeft);
});

test("an answer nested so deep that nobody can read it is the provider's failure, and its call has an end", async (t) => {
  const deep = '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000);
  const server = createServer((_request, answer) => {
    answer.writeHead(200, { "content-type": "application/json" });
    answer.write(
      '{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"tool_use","id":"t","name":"f",',
    );
    setImmediate(() =>
      answer.end(`"input":${deep}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const router = await startLocalRouter(t, { providers: { anthropic: { baseUrl, apiKey: "a" } } });
  const body = JSON.stringify({ model: "claude-sonnet-4-5", ...question });
  const signal = AbortSignal.timeout(10_000);
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body, signal });
  assert.equal(answer.status, 502);
});
