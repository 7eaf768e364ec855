/** What happens when providers and clients fail: through the whole router, with real sockets. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider, SimulatedProviderOptions } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import { openStream } from "../kit/sse-client.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { watchHeldUpTime } from "../kit/held-up-time.ts";
import { waitUntil } from "../kit/wait-until.ts";

const question = { max_tokens: 64, messages: [{ role: "user", content: "How are you?" }] };

async function simulate(t: CleansUp, kind: SimulatedProviderOptions["kind"]): Promise<SimulatedProvider> {
  const provider = await createSimulatedProvider({ kind });
  t.after(() => provider.close());
  return provider;
}

interface Pair {
  readonly first: SimulatedProvider;
  readonly second: SimulatedProvider;
  readonly router: LocalRouter;
}

/** A router whose plan for `m` is the first provider, then the second. */
async function startPair(t: CleansUp, settings: object = {}): Promise<Pair> {
  const first = await simulate(t, "anthropic");
  const second = await simulate(t, "openai");
  const router = await startLocalRouter(t, {
    providers: {
      first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a" },
      second: { kind: "openai", baseUrl: second.baseUrl, apiKey: "b" },
    },
    aliases: { m: ["first/claude-sonnet-4-5", "second/gpt-4.1"] },
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
    ...settings,
  });
  return { first, second, router };
}

function post(router: LocalRouter, body: object, path = "/v1/messages"): Promise<Response> {
  return fetch(router.url + path, { method: "POST", body: JSON.stringify(body) });
}

describe("before anything of an answer has come", () => {
  for (const [what, fault] of [
    ["answers 500", { kind: "status", status: 500 }],
    ["is overloaded", { kind: "overloaded" }],
    ["resets the connection", { kind: "reset", afterFrames: null }],
    ["sends an error as first event under status 200", { kind: "error-event", afterFrames: 0, status: 529 }],
    ["sends a page of HTML under status 200", { kind: "html" }],
    ["ends before its first event", { kind: "early-end", afterFrames: 0 }],
  ] as const) {
    test(`a provider that ${what} makes way for the next target`, async (t) => {
      const { first, router } = await startPair(t);
      first.behave({ fault });
      const stream = await openStream(`${router.url}/v1/messages`, { model: "m", stream: true, ...question });
      assert.equal(await stream.ended, "whole");
      assert.equal(stream.headers["x-ccr-provider"], "second");
      assert.equal(stream.headers["x-ccr-attempts"], "2");
      assert.equal(stream.events.at(-1)?.event, "message_stop");
    });
  }

  test("a whole answer that breaks off comes from the next target", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ fault: { kind: "cut", afterFrames: 1 } });
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
    assert.equal(((await answer.json()) as { type: string }).type, "message");
  });

  test("a whole answer that ends properly in the middle of its JSON comes from the next target", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ fault: { kind: "early-end", afterFrames: 1 } });
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
    assert.equal(((await answer.json()) as { type: string }).type, "message");
  });

  for (const [from, to] of [
    ["groq/openai/gpt-oss-120b", "openai/gpt-5-mini"],
    ["openai/gpt-5-mini", "deepseek/deepseek-v4-pro"],
    ["deepseek/deepseek-v4-pro", "groq/openai/gpt-oss-120b"],
    ["openai/gpt-5-mini", "openai/gpt-4.1"],
  ] as const) {
    test(`what ${from} takes is made to fit where ${to} answers in its place`, async (t) => {
      const first = await simulate(t, from.split("/")[0] as "groq");
      const second = await simulate(t, to.split("/")[0] as "openai");
      first.behave({ fault: { kind: "overloaded" } });
      const router = await startLocalRouter(t, {
        providers: {
          first: { kind: first.kind, baseUrl: first.baseUrl, apiKey: "a", dialect: "openai-chat" },
          second: { kind: second.kind, baseUrl: second.baseUrl, apiKey: "b", dialect: "openai-chat" },
        },
        aliases: { m: [from.replace(/^\w+/, "first"), to.replace(/^\w+/, "second")] },
        retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
      });
      const isOld = !from.startsWith("openai");
      const asked = isOld
        ? { max_tokens: 300_000, temperature: 0.2, presence_penalty: 0.1, stop: ["x"], reasoning_effort: "high" }
        : { max_completion_tokens: 300_000, reasoning_effort: "minimal" };
      const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
      const messages = [
        { role: isOld ? "system" : "developer", content: "Be brief" },
        { role: "user", content: isOld ? "How are you?" : [{ type: "text", text: "How is this?" }, image] },
      ];
      const answer = await post(router, { model: "m", messages, ...asked }, "/v1/chat/completions");
      assert.equal(answer.status, 200, await answer.text());
      assert.equal(answer.headers.get("x-ccr-provider"), "second");
    });
  }

  test("a wrong request is not tried elsewhere, and the provider's own words reach the client unchanged", async (t) => {
    const { second, router } = await startPair(t);
    const answer = await post(router, { model: "m", ...question, messages: [{ role: "nobody", content: "x" }] });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get("x-ccr-attempts"), "1");
    assert.equal(((await answer.json()) as { error: { type: string } }).error.type, "invalid_request_error");
    assert.equal(second.requests.length, 0);
  });

  test("the same target is tried again with jitter before the next one", async (t) => {
    const { first, second, router } = await startPair(t, { retries: { attemptsPerTarget: 2, baseDelayMs: 1 } });
    first.behaveNext({ fault: { kind: "status", status: 500 } });
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.headers.get("x-ccr-provider"), "first");
    assert.equal(first.requests.length, 2);
    assert.equal(second.requests.length, 0);
  });

  test("when all targets fail one error lists what was tried, with the earliest retry-after of a rate limit", async (t) => {
    const { first, second, router } = await startPair(t);
    first.behave({ fault: { kind: "rate-limit", retryAfterSeconds: 40 } });
    second.behave({ fault: { kind: "rate-limit", retryAfterSeconds: 20 } });
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), "20");
    const body = (await answer.json()) as { error: { type: string; message: string } };
    assert.equal(body.error.type, "rate_limit_error");
    assert.match(body.error.message, /first\/claude-sonnet-4-5.*second\/gpt-4\.1/);
  });

  test("a single target's rate limit passes with its retry-after", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ fault: { kind: "rate-limit", retryAfterSeconds: 40 } });
    const answer = await post(router, { model: "first/claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), "40");
    assert.equal(answer.headers.get("x-should-retry"), null);
  });

  test("a rate limit without a wait is tried again once the only key has rested, or goes to the next target at once", async (t) => {
    const { first, second, router } = await startPair(t, { retries: { attemptsPerTarget: 2, baseDelayMs: 1 } });
    first.behaveNext({ fault: { kind: "status", status: 429 } });
    const alone = await post(router, { model: "first/claude-sonnet-4-5", ...question });
    assert.equal(alone.status, 200);
    assert.equal(first.requests.length, 2);
    first.behaveNext({ fault: { kind: "status", status: 429 } });
    const elsewhere = await post(router, { model: "m", ...question });
    assert.equal(elsewhere.headers.get("x-ccr-provider"), "second");
    assert.deepEqual([first.requests.length, second.requests.length], [3, 1]);
  });

  test("a limited key makes way for another key of the same provider", async (t) => {
    const first = await simulate(t, "anthropic");
    const router = await startLocalRouter(t, {
      providers: {
        first: {
          kind: "anthropic",
          baseUrl: first.baseUrl,
          keys: [
            { name: "one", value: "k1" },
            { name: "two", value: "k2" },
          ],
        },
      },
    });
    first.behaveNext({ fault: { kind: "rate-limit", retryAfterSeconds: 60 } });
    const answer = await post(router, { model: "claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 200);
    const keys = first.requests.map((request) => request.headers["x-api-key"]);
    assert.equal(new Set(keys).size, 2);
  });

  test("a model's rate limit keeps no call from another model of the same provider and key", async (t) => {
    const models = ["first/claude-opus-4-5", "first/claude-sonnet-4-5"];
    const { first, router } = await startPair(t, { aliases: { m: models } });
    first.behaveNext({ fault: { kind: "rate-limit", retryAfterSeconds: 60 } });
    const fallback = await post(router, { model: "m", ...question });
    assert.equal(fallback.headers.get("x-ccr-model"), "claude-sonnet-4-5");
    const [limited, other] = await Promise.all(models.map((model) => post(router, { model, ...question })));
    assert.deepEqual([limited!.status, other!.status, first.requests.length], [429, 200, 3]);
    assert.match(limited!.headers.get("retry-after")!, /^(60|59)$/);
    assert.match(await limited!.text(), /first: all its credentials are cooling down for claude-opus-4-5/);
  });

  test("a prompt that does not fit goes to the target for such prompts", async (t) => {
    const { first, router } = await startPair(t, { routing: { contextOverflow: "second/gpt-4.1" } });
    first.behave({ contextTokens: 5 });
    const answer = await post(router, { model: "first/claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
  });

  test("a context overflow of another dialect is told in the words by which Claude Code recovers", async (t) => {
    const { second, router } = await startPair(t);
    second.behave({ contextTokens: 5 });
    const answer = await post(router, { model: "second/gpt-4.1", ...question });
    assert.equal(answer.status, 400);
    const { error } = (await answer.json()) as { error: { type: string; message: string } };
    assert.equal(error.type, "invalid_request_error");
    assert.match(error.message, /^prompt is too long: \d+ tokens > \d+ maximum/);
  });

  test("the router's own credentials being refused is no 401 for the client", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ requiredKey: "another" });
    const answer = await post(router, { model: "first/claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 502);
    assert.equal(answer.headers.get("x-should-retry"), "false");
    assert.match(await answer.text(), /authentication_error/);
  });

  test("a provider that never answers is given up after its time, in words", async (t) => {
    const first = await simulate(t, "anthropic");
    const router = await startLocalRouter(t, {
      providers: { first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a", timeouts: { firstByteMs: 50 } } },
    });
    first.behave({ fault: { kind: "hang" } });
    const answer = await post(router, { model: "claude-sonnet-4-5", ...question });
    assert.equal(answer.status, 504);
    assert.match(await answer.text(), /timeout/);
  });
});

describe("a circuit breaker", () => {
  test("keeps calls away from a target that failed often", async (t) => {
    const { first, router } = await startPair(t, { breaker: { failureThreshold: 2, openMs: 600_000 } });
    first.behave({ fault: { kind: "status", status: 500 } });
    for (let call = 0; call < 2; call++) await (await post(router, { model: "m", ...question })).arrayBuffer();
    assert.equal(first.requests.length, 2);
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.headers.get("x-ccr-provider"), "second");
    assert.equal(first.requests.length, 2);
  });

  test("lets calls back to it when a probe succeeds", async (t) => {
    const { first, router } = await startPair(t, { breaker: { failureThreshold: 2, openMs: 50 } });
    first.behave({ fault: { kind: "status", status: 500 } });
    for (let call = 0; call < 2; call++) await (await post(router, { model: "m", ...question })).arrayBuffer();
    first.resetBehaviour();
    await waitUntil("the first provider serves again", async () => {
      const again = await post(router, { model: "m", ...question });
      await again.arrayBuffer();
      return again.headers.get("x-ccr-provider") === "first";
    });
  });
});

test("a session stays where it was answered, wherever its tokens were counted meanwhile", async (t) => {
  const [first, second] = [await simulate(t, "anthropic"), await simulate(t, "anthropic")];
  const router = await startLocalRouter(t, {
    providers: {
      first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a" },
      second: { kind: "anthropic", baseUrl: second.baseUrl, apiKey: "b" },
    },
    aliases: { m: ["first/claude-sonnet-4-5", "second/claude-haiku-4-5"] },
  });
  const asked = { ...question, model: "m", metadata: { user_id: JSON.stringify({ session_id: "one" }) } };
  first.behave({ fault: { kind: "overloaded" }, faultPaths: "all" });
  const counted = await post(router, asked, "/v1/messages/count_tokens");
  assert.equal(counted.headers.get("x-ccr-provider"), "second");
  first.resetBehaviour();
  const answer = await post(router, asked);
  assert.equal(answer.headers.get("x-ccr-provider"), "first");
});

for (const fault of [
  { kind: "status", status: 500 },
  { kind: "status", status: 401 },
  { kind: "rate-limit", retryAfterSeconds: 60 },
] as const) {
  const what = fault.kind === "status" ? fault.status : fault.kind;
  test(`a provider that fails to count tokens (${what}) is soon not asked for counts, and goes on to answer`, async (t) => {
    const { first, router } = await startPair(t, { breaker: { failureThreshold: 3 } });
    first.behave({ fault, faultPaths: "all" });
    for (let count = 0; count < 10; count++) {
      const counted = await post(router, { ...question, model: "m" }, "/v1/messages/count_tokens");
      assert.equal(counted.headers.get("x-ccr-estimated"), "true");
      assert.equal(counted.headers.get("request-id"), counted.headers.get("x-ccr-request-id"));
    }
    assert.equal(first.requests.length, 3);
    first.resetBehaviour();
    const answer = await post(router, { model: "m", ...question });
    assert.equal(answer.headers.get("x-ccr-provider"), "first");
  });
}

test("a breaker opens at answers that begin well and then break off, as at any failures in a row", async (t) => {
  const { first, router } = await startPair(t, { breaker: { failureThreshold: 3 } });
  first.behave({ fault: { kind: "cut", afterFrames: 5 } });
  for (let call = 0; call < 3; call++) {
    const stream = await openStream(`${router.url}/v1/messages`, { model: "m", stream: true, ...question });
    await stream.ended;
  }
  const breakers = (await (await fetch(`${router.url}/debug/circuit-breakers`)).json()) as { reason: string }[];
  assert.equal(breakers[0]?.reason, "3 failures in a row");
});

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

describe("a client that leaves", () => {
  for (const [when, behaviour] of [
    ["in mid-stream", { tokensPerSecond: 50, answerTokens: 2000 }],
    ["before the headers", { fault: { kind: "hang" } }],
  ] as const) {
    test(`aborts the provider's request within 100 ms (${when})`, async (t) => {
      const { first, router } = await startPair(t);
      first.behave(behaviour);
      const leaving = new AbortController();
      const answer = fetch(`${router.url}/v1/messages`, {
        method: "POST",
        body: JSON.stringify({ model: "m", stream: true, ...question, max_tokens: 4000 }),
        signal: leaving.signal,
      }).then((response) => response.text());
      answer.catch(() => undefined);
      await waitUntil("the provider works on it", () => first.counts().running === 1);
      const heldUpMs = watchHeldUpTime(t);
      const leftAt = performance.now();
      leaving.abort();
      await waitUntil("the provider is told", () => first.counts().aborted === 1);
      const tookMs = performance.now() - leftAt - heldUpMs();
      assert.ok(tookMs < 100, `${tookMs} ms`);
    });
  }
});

describe("stopping", () => {
  test("calls in flight finish, and their streams are whole", async (t) => {
    const { first, router } = await startPair(t);
    first.behave({ tokensPerSecond: 200, answerTokens: 40 });
    const stream = await openStream(`${router.url}/v1/messages`, { model: "m", stream: true, ...question });
    await waitUntil("the stream has begun", () => stream.events.length > 1);
    await router.drain();
    assert.equal(await stream.ended, "whole");
    assert.equal(stream.events.at(-1)?.event, "message_stop");
    await assert.rejects(post(router, { model: "m", ...question }));
  });

  test("calls that last longer than the grace period end with an error event", async (t) => {
    const { first, router } = await startPair(t, { server: { gracePeriodMs: 50 } });
    first.behave({ tokensPerSecond: 20, answerTokens: 2000 });
    const body = { model: "m", stream: true, ...question, max_tokens: 4000 };
    const stream = await openStream(`${router.url}/v1/messages`, body);
    await waitUntil("the stream has begun", () => stream.events.length > 1);
    await router.drain();
    assert.equal(await stream.ended, "whole");
    assert.equal(stream.events.at(-1)?.event, "error");
    assert.match(stream.events.at(-1)!.data, /stopped/);
  });
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
  assert.match(await answer.text(), /^no no /);
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
