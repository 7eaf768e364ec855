/** Answers in Redis. Skipped visibly where there is no Redis. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Redis } from "ioredis";
import { createManualClock, systemClock } from "../core/time/clock.ts";
import { testAnswerStoreConformance } from "./answer-store.conformance.ts";
import { MemoryAnswerStore } from "./memory.ts";
import { RedisAnswerStore } from "./redis.ts";
import type { RedisAnswerClient } from "./redis.ts";
import { keptAnswer } from "./test-answer.ts";
import { TwoLevelStore } from "./two-level.ts";

const url = process.env["CCR_TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379";
const nowMs = 1_800_000_000_000;

async function whyNoRedis(): Promise<string | false> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return false;
  } catch {
    return `no Redis at ${url} (CCR_TEST_REDIS_URL)`;
  } finally {
    client.disconnect();
  }
}

const skip = await whyNoRedis();

interface OpenStore {
  readonly store: RedisAnswerStore;
  readonly client: Redis;
  readonly keyPrefix: string;
}

function open(t: TestContext, compressAboveBytes = 4_096): OpenStore {
  // Signs that mean something in a pattern stand for themselves.
  const keyPrefix = `ccr-test-[*]-${randomUUID()}:`;
  const client = new Redis(url);
  t.after(async () => {
    const keys = await client.keys(`${keyPrefix.replaceAll(/[[\]*]/g, "\\$&")}*`);
    if (keys.length > 0) await client.unlink(keys);
    client.disconnect();
  });
  return {
    store: new RedisAnswerStore({ client: commandsOf(client), keyPrefix, compressAboveBytes, clock: systemClock }),
    client,
    keyPrefix,
  };
}

function commandsOf(client: Redis): RedisAnswerClient {
  const commands: Pick<RedisAnswerClient, "call" | "callBuffer"> = {
    call: (command, values) => client.call(command, [...values]),
    callBuffer: (command, values) => client.callBuffer(command, [...values]),
  };
  return {
    ...commands,
    unhurried: {
      ...commands,
      async eachKey(pattern, visit) {
        for await (const keys of client.scanStream({ match: pattern })) await visit(keys as string[]);
      },
    },
  };
}

testAnswerStoreConformance({ name: "Redis", skip, open: (t) => Promise.resolve(open(t).store) });

test("large bodies are compressed, small ones are not", { skip }, async (t) => {
  const { store, client, keyPrefix } = open(t, 1_000);
  const body = Buffer.from("a word ".repeat(10_000));
  await store.keep("large", keptAnswer({ body }), nowMs);
  await store.keep("small", keptAnswer({ body: body.subarray(0, 999) }), nowMs);
  assert.ok((await client.strlen(`${keyPrefix}answer:large`)) < 2_000);
  assert.ok((await client.strlen(`${keyPrefix}answer:small`)) > 999);
});

test("Redis itself forgets what has expired", { skip }, async (t) => {
  const { store, client, keyPrefix } = open(t);
  await store.keep("a", keptAnswer({ expiresAtMs: nowMs + 5_000 }), nowMs);
  const ttlMs = await client.pttl(`${keyPrefix}answer:a`);
  assert.ok(ttlMs > 0 && ttlMs <= 5_000, `${ttlMs} ms`);
});

test("what no router wrote is a miss and an error, never an answer", { skip }, async (t) => {
  const { store, client, keyPrefix } = open(t);
  const whole = keptAnswer({ body: Buffer.from("x".repeat(10_000)) });
  await store.keep("a", whole, nowMs);
  const bytes = await client.getBuffer(`${keyPrefix}answer:a`);
  const damaged = [
    Buffer.from("rubbish"),
    bytes!.subarray(0, 20),
    bytes!.subarray(0, bytes!.length - 5),
    Buffer.concat([Buffer.of(9), bytes!.subarray(1)]),
  ];
  for (const value of damaged) {
    await client.set(`${keyPrefix}answer:a`, value);
    assert.equal(await store.find("a", nowMs), null);
  }
  assert.equal(store.stats().errors, damaged.length);
  assert.equal(await store.clear({ user: "ana" }), 1);
});

test("what is found in Redis is in memory from then on, no longer than memory's time to live", { skip }, async (t) => {
  const { store: l2 } = open(t);
  const clock = createManualClock(nowMs);
  const levels = (): TwoLevelStore =>
    new TwoLevelStore(new MemoryAnswerStore(1_000_000), l2, { l1TtlMs: 1_000, l2TtlMs: 60_000 }, clock);
  const [one, other] = [levels(), levels()];
  one.keep("a", keptAnswer(), nowMs);
  await pollUntil(async () => (await l2.find("a", nowMs)) !== null);
  const find = async (afterMs: number): Promise<string | undefined> => {
    clock.advanceMs(afterMs);
    return (await other.find("a", clock.nowMs(), -Infinity))?.level;
  };
  assert.deepEqual([await find(0), await find(999), await find(1)], ["l2", "l1", "l2"]);
});

test("where memory's answer is too old for who asks, Redis is asked for a newer one", { skip }, async (t) => {
  const { store: l2 } = open(t);
  const clock = createManualClock(nowMs);
  const levels = (): TwoLevelStore =>
    new TwoLevelStore(new MemoryAnswerStore(1_000_000), l2, { l1TtlMs: 60_000, l2TtlMs: 60_000 }, clock);
  const [one, other] = [levels(), levels()];
  one.keep("a", keptAnswer({ keptAtMs: nowMs }), nowMs);
  clock.advanceMs(10_000);
  other.keep("a", keptAnswer({ keptAtMs: clock.nowMs() }), clock.nowMs());
  await pollUntil(async () => (await l2.find("a", clock.nowMs()))?.keptAtMs === clock.nowMs());
  const found = await one.find("a", clock.nowMs(), clock.nowMs() - 5_000);
  assert.deepEqual([found?.level, found?.answer.keptAtMs], ["l2", clock.nowMs()]);
  assert.equal((await one.find("a", clock.nowMs(), clock.nowMs() - 5_000))?.level, "l1");
});

test("an answer that Redis gives while it is cleared is not in memory afterwards", { skip }, async (t) => {
  const { client, keyPrefix } = open(t);
  const commands = commandsOf(client);
  const { promise: isFound, resolve: beginToClear } = Promise.withResolvers<void>();
  const slow: RedisAnswerClient = {
    ...commands,
    unhurried: {
      ...commands,
      eachKey: (pattern, visit) => isFound.then(() => commands.unhurried.eachKey(pattern, visit)),
    },
  };
  const l2 = new RedisAnswerStore({ client: slow, keyPrefix, compressAboveBytes: 0, clock: systemClock });
  const times = { l1TtlMs: 60_000, l2TtlMs: 60_000 };
  const store = new TwoLevelStore(new MemoryAnswerStore(1_000_000), l2, times, createManualClock(nowMs));
  await l2.keep("a", keptAnswer(), nowMs);
  const askedBefore = store.find("a", nowMs, -Infinity);
  const clearing = store.clear({});
  assert.equal((await askedBefore)?.level, "l2");
  assert.equal((await store.find("a", nowMs, -Infinity))?.level, "l2");
  beginToClear();
  assert.equal(await clearing, 1);
  assert.equal(await store.find("a", nowMs, -Infinity), null);
});

async function pollUntil(probe: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (await probe()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail("in vain");
}

/** A connection that does what it is told. */
function brokenClient(call: () => Promise<unknown>): RedisAnswerClient {
  const commands = { call, callBuffer: call };
  return { ...commands, unhurried: { ...commands, eachKey: () => Promise.reject(new Error("away")) } };
}

test("a Redis that is away or silent is a miss in time, and an error that is counted", async () => {
  const never = (): Promise<unknown> => new Promise(() => undefined);
  for (const call of [() => Promise.reject(new Error("away")), never]) {
    const client = brokenClient(call);
    const store = new RedisAnswerStore({ client, keyPrefix: "x:", compressAboveBytes: 0, clock: systemClock });
    assert.equal(await store.find("a", nowMs, 10), null);
    assert.deepEqual([store.stats().misses, store.stats().errors], [1, 1]);
    await assert.rejects(store.clear({}));
  }
});

test("answers that wait for a slow Redis take bounded memory: those beyond are not written", async () => {
  let writes = 0;
  const client = brokenClient(() => {
    writes++;
    return new Promise(() => undefined);
  });
  const store = new RedisAnswerStore({ client, keyPrefix: "x:", compressAboveBytes: 1e9, clock: systemClock });
  for (let index = 0; index < 40; index++)
    void store.keep(`${index}`, keptAnswer({ body: Buffer.alloc(1024 * 1024) }), nowMs);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(writes, 16);
  assert.equal(store.stats().errors, 24);
});

test("an answer that is too old for its caller counts as a miss in Redis too", { skip }, async (t) => {
  const { store } = open(t);
  await store.keep("a", keptAnswer({ keptAtMs: nowMs }), nowMs);
  assert.equal(await store.find("a", nowMs, undefined, nowMs + 1), null);
  assert.ok(await store.find("a", nowMs, undefined, nowMs));
  assert.deepEqual([store.stats().hits, store.stats().misses], [1, 1]);
});
