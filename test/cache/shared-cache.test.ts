/** Several routers with one cache in Redis, and a Redis that is in trouble. Skipped visibly where there is none to start. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noRedisServer, startRedisServer } from "../kit/redis-server.ts";
import { startSlowProxy } from "../kit/slow-proxy.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { question, startCacheRouter } from "./cache-router.ts";
import type { CacheAnswer, CacheRouter } from "./cache-router.ts";

const skip = noRedisServer;

test("what one router has kept another one serves, from Redis first, then from memory", { skip }, async (t) => {
  const redis = await startRedisServer(t);
  const settings = { redis: { url: redis.url } };
  // The same addresses: the second router's calls would go to the first one's providers.
  const one = await startCacheRouter(t, settings);
  const two = await startCacheRouter(t, { ...settings, providers: providersOf(one) });
  let serial = 0;
  const keys = redis.connect();
  // It is not in Redis yet, or on a machine that has no time Redis takes longer than a call waits: another question is tried.
  const shared = await waitUntil("the second router finds an answer of the first one in Redis", async () => {
    const asked = question("anthropic-messages", "anthropic-messages", true, `Number ${serial++}`);
    const miss = await one.ask("anthropic-messages", asked);
    const found = await two.ask("anthropic-messages", asked);
    return found.cache === "hit" ? { asked, miss, found } : null;
  });
  const { asked, miss, found } = shared;
  const again = await two.ask("anthropic-messages", asked);
  assert.deepEqual([miss.cache, again.cache], ["miss", "hit"]);
  assert.deepEqual([found.text, again.text], [miss.text, miss.text]);
  const { l1, l2 } = await two.stats();
  assert.deepEqual([l1.hits, l2!.hits], [1, 1]);
  // Each call looked once, and found nothing.
  assert.equal((await one.stats()).l1.misses, serial);
  const metrics = await (await fetch(`${two.url}/metrics`)).text();
  assert.match(metrics, /ccr_cache_lookups_total\{cache_level="l2",result="hit"\} 1\n/);
  // What is cleared at one is gone at both.
  await waitUntil("Redis has dropped them", async () => {
    await fetch(`${one.url}/api/cache/clear`, { method: "POST" });
    return (await keys.keys("ccr:answer:*")).length === 0;
  });
  await waitUntil("the other router's memory is empty", async () => (await two.stats()).l1.entries === 0);
  assert.equal((await two.ask("anthropic-messages", asked)).cache, "miss");
});

function providersOf({ providers }: CacheRouter): object {
  return {
    theirs: { kind: "anthropic", baseUrl: providers["anthropic-messages"].baseUrl, apiKey: "a" },
    acme: { kind: "openai", baseUrl: providers["openai-chat"].baseUrl, apiKey: "b" },
  };
}

test(
  "an answer that lands while a second caller waits for Redis is that caller's too: nobody pays twice",
  { skip },
  async (t) => {
    const redis = await startRedisServer(t);
    const way = await startSlowProxy(t, redis.port);
    const router = await startCacheRouter(t, { redis: { url: `redis://127.0.0.1:${way.port}` } });
    const provider = router.providers["openai-chat"];
    provider.behave({ firstTokenMs: 10, answerTokens: 1 });
    const ask = (serial: number): Promise<CacheAnswer> =>
      router.ask("openai-chat", question("openai-chat", "openai-chat", false, `Number ${serial}`));
    const look = async (): Promise<{ requests: number; entries: number; misses: number }> => {
      const { l1, l2 } = await router.stats();
      return { requests: provider.counts().requests, entries: l1.entries!, misses: l2!.misses };
    };
    await waitUntil("memory keeps an answer", async () => (await ask(0)).cache === "hit");
    way.delay(40);
    // On a machine that has no time the answer lands too early, or so late that it is joined: then another question is tried.
    for (let serial = 1, hasLanded = false; !hasLanded; serial++) {
      assert.ok(serial < 100, "no answer landed while Redis was asked");
      const before = await look();
      const paying = ask(serial);
      await waitUntil("the provider is asked", () => provider.counts().requests > before.requests);
      const second = await ask(serial);
      await paying;
      const after = await look();
      // A connection that came about meanwhile has emptied memory.
      if (after.entries <= before.entries) continue;
      assert.equal(after.requests, before.requests + 1);
      hasLanded = second.cache === "hit" && after.misses === before.misses + 2;
    }
  },
);

test("a Redis that is frozen, dead or full fails no call, and memory goes on", { skip }, async (t) => {
  const redis = await startRedisServer(t);
  const router = await startCacheRouter(t, { redis: { url: redis.url } });
  let serial = 0;
  const askTwice = async (): Promise<{ tookMs: number; isHit: boolean }> => {
    const asked = question("openai-chat", "openai-chat", false, `Number ${serial++}`);
    const startedAt = performance.now();
    const [first, second] = [await router.ask("openai-chat", asked), await router.ask("openai-chat", asked)];
    assert.deepEqual([first.status, first.cache, second.status], [200, "miss", 200]);
    return { tookMs: performance.now() - startedAt, isHit: second.cache === "hit" };
  };
  // A connection that comes about, which takes its time on a busy machine, empties memory: it may have missed a clearing.
  const hitMemory = (): Promise<boolean> => waitUntil("memory serves", async () => (await askTwice()).isHit);
  await hitMemory();
  const middleMs = async (): Promise<number> => {
    const tookMs: number[] = [];
    for (let call = 0; call < 8; call++) tookMs.push((await askTwice()).tookMs);
    return tookMs.sort((a, b) => a - b)[3]!;
  };
  const healthyMs = await middleMs();
  redis.freeze();
  const frozenMs = await middleMs();
  await hitMemory();
  // A few calls find out. If the others waited as well, two of them would take 100 ms more.
  const took = `two calls took ${healthyMs.toFixed(0)} ms, and ${frozenMs.toFixed(0)} ms while Redis is frozen`;
  t.diagnostic(took);
  assert.ok(frozenMs < 2 * healthyMs + 50, took);
  redis.thaw();
  await redis.kill();
  await hitMemory();
  assert.ok((await router.stats()).l2!.errors > 0);
  const cleared = await fetch(`${router.url}/api/cache/clear`, { method: "POST" });
  assert.equal(cleared.status, 503);
  // The client's own words are of its streams and queues.
  assert.match(await cleared.text(), /memory is cleared, Redis could not be: .*(ECONN|connection was lost|not answer)/);
  await redis.start();
  const admin = redis.connect();
  await waitUntil("answers are written again", async () => {
    await askTwice();
    return (await admin.keys("ccr:answer:*")).length > 0;
  });
  await admin.config("SET", "maxmemory", "1");
  await hitMemory();
});

test("a Redis that takes longer than a call waits is cleared all the same, by model", { skip }, async (t) => {
  const redis = await startRedisServer(t);
  const way = await startSlowProxy(t, redis.port);
  const router = await startCacheRouter(t, { redis: { url: `redis://127.0.0.1:${way.port}` } });
  const keys = redis.connect();
  const ask = (text: string): Promise<CacheAnswer> =>
    router.ask("openai-chat", question("openai-chat", "openai-chat", false, text));
  let serial = 0;
  // An answer before the connection stands is kept in memory only.
  await waitUntil("Redis is reached", async () => {
    await ask(`Number ${serial++}`);
    return (await keys.keys("ccr:answer:*")).length > 0;
  });
  await waitUntil("Redis is empty", async () => {
    await fetch(`${router.url}/api/cache/clear`, { method: "POST" });
    return (await keys.keys("ccr:answer:*")).length === 0;
  });
  await ask("The one that is cleared");
  await waitUntil("it is in Redis", async () => (await keys.keys("ccr:answer:*")).length === 1);
  way.delay(150);
  const body = '{"model":"gpt-4.1-mini"}';
  const cleared = await fetch(`${router.url}/api/cache/clear`, { method: "POST", body });
  assert.deepEqual([cleared.status, await cleared.json()], [200, { cleared: 1 }]);
  assert.deepEqual(await keys.keys("ccr:answer:*"), []);
});
