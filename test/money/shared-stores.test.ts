/** Several routers on one Redis, and what happens while it is away. Skipped visibly where there is no Redis. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer, connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { Redis } from "ioredis";
import type { JsonObject } from "../../src/core/json/json.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { startRouter } from "../kit/router-process.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { adaKey, callAtOnce, clientOf, moneySettings, startMoneyRouter, startProvider } from "./money-router.ts";

const redisUrl = process.env["CCR_TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379";

async function whyNoRedis(): Promise<string | false> {
  const client = new Redis(redisUrl, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return false;
  } catch {
    return `no Redis at ${redisUrl} (CCR_TEST_REDIS_URL)`;
  } finally {
    client.disconnect();
  }
}

const skip = await whyNoRedis();

function ownKeys(t: CleansUp): string {
  const keyPrefix = `ccr-test-${randomUUID()}:`;
  t.after(async () => {
    const client = new Redis(redisUrl);
    const keys = await client.keys(`${keyPrefix}*`);
    if (keys.length > 0) await client.del(...keys);
    client.disconnect();
  });
  return keyPrefix;
}

interface Health {
  readonly status: string;
  readonly reasons: readonly { readonly component: string; readonly reason: string; readonly status: string }[];
}

/** A busy machine is a reason of its own, and none of this test's. */
async function healthOf(url: string): Promise<Health> {
  const { status, reasons } = (await (await fetch(`${url}/health`)).json()) as Health;
  return { status, reasons: reasons.filter(({ component }) => component !== "process") };
}

test("200 calls at once, over two routers on one Redis, let through exactly what fits", { skip }, async (t) => {
  const provider = await startProvider(t);
  const redis = { url: redisUrl, keyPrefix: ownKeys(t) };
  // A call in strict mode holds 2,000 output tokens at 10 USD per million, and its prompt: a bit more than 2 cents.
  const budgets = { caps: [{ scope: "team", daily: 1.05 }], mode: "strict", onStoreFailure: "closed" };
  const configuration = moneySettings(provider, { redis, budgets }) as JsonObject;
  const routers = [await startRouter(t, { configuration }), await startRouter(t, { configuration })];
  const clients = routers.map(({ url }) => clientOf(url));
  let turn = 0;
  const { served, refusals } = await callAtOnce(200, provider, () => clients[turn++ % 2]!.call({ max_tokens: 2_000 }));
  const reasons = refusals.map(({ headers }) => headers.get("anthropic-ratelimit-unified-overage-disabled-reason"));
  const unreadable = reasons.filter((reason) => reason === "fetch_error").length;
  t.diagnostic(`${served} served, ${unreadable} refused because Redis took longer than 50 ms`);
  assert.ok(served <= 52, `${served} served: more than fit`);
  assert.ok(served + unreadable >= 50, `${served} served, ${unreadable} unreadable`);
  if (unreadable === 0) assert.equal(served, 52);
  assert.equal(provider.counts().requests, served);
});

/** A way to Redis that can be cut, or made silent. */
async function startRedisProxy(t: CleansUp) {
  const { hostname, port } = new URL(redisUrl);
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer((inner) => {
    const outer = connect(Number(port || 6379), hostname);
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    inner.on("data", (chunk) => void (isSilent || outer.write(chunk)));
    outer.on("data", (chunk) => void (isSilent || inner.write(chunk)));
    inner.on("close", () => outer.destroy());
    outer.on("close", () => inner.destroy());
  });
  const listen = (at: number): Promise<void> => new Promise((resolve) => void server.listen(at, "127.0.0.1", resolve));
  await listen(0);
  const { port: ownPort } = server.address() as AddressInfo;
  const cut = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  t.after(() => cut());
  return {
    url: `redis://127.0.0.1:${ownPort}`,
    cut,
    restore: () => listen(ownPort),
    silence: () => void (isSilent = true),
  };
}

for (const [policy, status] of [
  ["open", 200],
  ["closed", 429],
] as const) {
  test(
    `while Redis is away budgets fail ${policy}, /health says so, and both end with its return`,
    { skip },
    async (t) => {
      const proxy = await startRedisProxy(t);
      const redis = { url: proxy.url, keyPrefix: ownKeys(t) };
      const budgets = { caps: [{ scope: "user", daily: 5 }], onStoreFailure: policy };
      const { call, router, askJson } = await startMoneyRouter(t, { redis, budgets });
      // On a machine that has no time Redis may take longer than a call waits for it.
      await waitUntil("a call is served", async () => (await call()).status === 200);
      await proxy.cut();
      const answer = await waitUntil("the router has noticed", async () => {
        const one = await call();
        return one.status === status && (await healthOf(router.url)).reasons.length === 2 && one;
      });
      if (policy === "closed") {
        assert.equal(answer.headers.get("anthropic-ratelimit-unified-overage-disabled-reason"), "fetch_error");
        assert.equal(answer.headers.get("x-should-retry"), "false");
      }
      const health = await healthOf(router.url);
      assert.equal(health.status, policy === "closed" ? "unhealthy" : "degraded");
      assert.deepEqual(health.reasons.map(({ component }) => component).sort(), ["budgets", "redis"]);
      await proxy.restore();
      await waitUntil("calls are counted again", async () => {
        const one = await call();
        await one.text();
        return one.headers.has("anthropic-ratelimit-unified-status") && one.status === 200;
      });
      await waitUntil("nothing waits", async () => (await healthOf(router.url)).reasons.length === 0);
      await waitUntil("what is counted is what is recorded", async () => {
        const { budgets: states } = await askJson<{ budgets: { spentUsd: number }[] }>("/api/budgets");
        const { records } = await askJson<{ records: { costUsd: number | null }[] }>("/api/costs/records");
        const recorded = records.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
        if (Math.abs(states[0]!.spentUsd - recorded) < 1e-9) return true;
        throw new Error(`${states[0]!.spentUsd} counted, ${recorded} recorded`);
      });
    },
  );
}

test("a Redis that says nothing delays a call by 50 ms at most, and the next ones not at all", { skip }, async (t) => {
  const proxy = await startRedisProxy(t);
  const redis = { url: proxy.url, keyPrefix: ownKeys(t) };
  const { call } = await startMoneyRouter(t, { redis, budgets: { caps: [{ scope: "user", daily: 5 }] } });
  for (let index = 0; index < 3; index++) await (await call()).text();
  proxy.silence();
  const startedMs = performance.now();
  const first = await call();
  const overheadMs = Number(first.headers.get("x-ccr-overhead-ms"));
  await first.text();
  assert.equal(first.status, 200);
  assert.ok(overheadMs < 150, `the router took ${overheadMs} ms`);
  assert.ok(performance.now() - startedMs < 1_000);
});

test(
  "questions about budgets wait three seconds for a Redis that is away: 503 then, an answer where it is back sooner",
  { skip },
  async (t) => {
    const proxy = await startRedisProxy(t);
    const redis = { url: proxy.url, keyPrefix: ownKeys(t) };
    const router = await startMoneyRouter(t, { redis, budgets: { caps: [{ scope: "user", daily: 5 }] } });
    await (await router.call()).text();
    await waitUntil("the ledger knows who has a budget", async () => {
      const { budgets } = await router.askJson<{ budgets: readonly unknown[] }>("/api/budgets");
      return budgets.length === 1;
    });
    await proxy.cut();
    const ownUsage = () => fetch(`${router.router.url}/api/oauth/usage`, { headers: { "x-api-key": adaKey } });
    const questions = () => Promise.all([router.ask("/api/budgets"), ownUsage()]);
    const startedMs = performance.now();
    for (const answer of await questions()) {
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get("retry-after"), "5");
      const { error } = (await answer.json()) as { error: { type: string } };
      assert.equal(error.type, "api_error");
    }
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs > 2_000 && tookMs < 5_000, `${tookMs} ms`);
    const waiting = questions();
    await proxy.restore();
    for (const answer of await waiting) assert.equal(answer.status, 200);
  },
);

test("a router whose Redis was never there starts, and serves", async (t) => {
  const provider = await startProvider(t);
  const redis = { url: "redis://127.0.0.1:1" };
  const startedMs = performance.now();
  const router = await startLocalRouter(
    t,
    moneySettings(provider, { redis, budgets: { caps: [{ scope: "user", daily: 5 }] } }),
  );
  assert.ok(performance.now() - startedMs < 3_000);
  assert.equal((await clientOf(router.url).call()).status, 200);
});
