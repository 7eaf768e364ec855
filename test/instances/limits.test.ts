/** Limits on requests, tokens and calls at once, as clients of both dialects see them, over one router and over two. */
import assert from "node:assert/strict";
import { hash, randomUUID } from "node:crypto";
import { test } from "node:test";
import OpenAI from "openai";
import { startLocalRouter } from "../kit/local-router.ts";
import { noRedisServer, startRedisServer } from "../kit/redis-server.ts";
import { adaKey, callAtOnce, clientOf, moneySettings, startMoneyRouter, startProvider } from "../money/money-router.ts";

const anthropicHeaders = (answer: Response): Record<string, string> =>
  Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith("anthropic-ratelimit-")));

test("a call beyond the limit is refused with 429, the wait and the limits; counting tokens never is", async (t) => {
  const limits = [{ scope: "team", requestsPerMinute: 2 }];
  const { call, router, provider } = await startMoneyRouter(t, { limits });
  const first = await call();
  const headers = anthropicHeaders(first);
  assert.equal(headers["anthropic-ratelimit-requests-limit"], "2");
  assert.equal(headers["anthropic-ratelimit-requests-remaining"], "1");
  assert.match(headers["anthropic-ratelimit-requests-reset"] ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal((await call()).status, 200);
  const refused = await call();
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) >= 29);
  assert.equal(refused.headers.get("anthropic-ratelimit-requests-remaining"), "0");
  const { error } = (await refused.json()) as { error: { type: string; message: string } };
  assert.equal(error.type, "rate_limit_error");
  assert.match(error.message, /^team compilers: the limit of 2 requests a minute is reached; try again in \d+ s$/);
  assert.equal(provider.counts().requests, 2);
  const counting = await fetch(`${router.url}/v1/messages/count_tokens`, {
    method: "POST",
    headers: { "x-api-key": adaKey, "anthropic-version": "2023-06-01" },
    body: JSON.stringify({ model: "claude-sonnet-4-5", messages: [{ role: "user", content: "How are you?" }] }),
  });
  assert.equal(counting.status, 200);
});

test("tokens are counted by what the provider says, and an OpenAI client reads its own headers", async (t) => {
  const limits = [{ scope: "user", id: "ada", requestsPerMinute: 60, tokensPerMinute: 150 }];
  const { router } = await startMoneyRouter(t, { limits });
  const client = new OpenAI({ baseURL: `${router.url}/v1`, apiKey: adaKey, maxRetries: 0 });
  const ask = () =>
    client.chat.completions
      .create({ model: "claude-sonnet-4-5", max_tokens: 500, messages: [{ role: "user", content: "How are you?" }] })
      .withResponse();
  const { response } = await ask();
  assert.equal(response.headers.get("x-ratelimit-limit-requests"), "60");
  assert.equal(response.headers.get("x-ratelimit-remaining-requests"), "59");
  // A second from when the limit was asked, of which some milliseconds are over.
  assert.match(response.headers.get("x-ratelimit-reset-requests") ?? "", /^(1s|\d{1,3}ms)$/);
  assert.equal(response.headers.get("x-ratelimit-limit-tokens"), "150");
  await ask();
  await assert.rejects(ask(), (error: unknown) => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.match(error.message, /user ada: the limit of 150 tokens a minute/);
    assert.equal(error.headers.get("x-ratelimit-remaining-tokens"), "0");
    return true;
  });
});

test("calls at once are limited by the model that was asked for, and a place is free when a call ends", async (t) => {
  const limits = [{ scope: "model", id: "claude-sonnet-4-5", concurrentCalls: 3 }];
  const { call, provider } = await startMoneyRouter(t, { limits });
  const { served, refusals } = await callAtOnce(10, provider, () => call());
  assert.equal(served, 3);
  assert.equal(refusals.length, 7);
  assert.ok(refusals.every(({ status, headers }) => status === 429 && headers.get("retry-after") === "1"));
});

test(
  "two routers on one Redis keep one limit; while Redis is away each keeps it by itself",
  { skip: noRedisServer },
  async (t) => {
    const server = await startRedisServer(t);
    const provider = await startProvider(t);
    const keys = [{ user: "ada", hash: hash("sha256", adaKey, "hex"), limits: { concurrentCalls: 4 } }];
    const settings = { redis: { url: server.url, keyPrefix: `${randomUUID()}:` }, auth: { keys } };
    const routers = [
      await startLocalRouter(t, moneySettings(provider, settings)),
      await startLocalRouter(t, moneySettings(provider, settings)),
    ];
    const clients = routers.map(({ url }) => clientOf(url));
    // First calls load scripts and connect: a machine that is slow just then may make a router count by itself, as it should.
    for (const client of clients) await (await client.call()).text();
    let turn = 0;
    const together = await callAtOnce(12, provider, () => clients[turn++ % 2]!.call(), 2);
    assert.equal(together.served, 4);

    await server.kill();
    const other = await startProvider(t);
    const alone = await startLocalRouter(t, moneySettings(other, settings));
    const { served } = await callAtOnce(6, other, () => clientOf(alone.url).call());
    assert.equal(served, 4);
  },
);
