import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import { Redis } from "ioredis";
import { silentLogger } from "../../core/log/logging.ts";
import { waitUntil } from "../../../test/kit/wait-until.ts";
import { limitOf, testLimitStoreConformance } from "./limit-store.conformance.ts";
import type { LimitStore } from "./limit-store.ts";
import { RedisLimits } from "./redis-limits.ts";

const url = process.env["CCR_TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379";

function connect(): Redis {
  const options = { lazyConnect: true, maxRetriesPerRequest: 0, enableOfflineQueue: false, retryStrategy: () => null };
  const client = new Redis(url, options);
  client.on("error", () => undefined); // commands fail by themselves
  return client;
}

async function whyNotHere(): Promise<string | false> {
  const client = connect();
  try {
    await client.connect();
    return false;
  } catch {
    return `no Redis at ${url} (CCR_TEST_REDIS_URL)`;
  } finally {
    client.disconnect();
  }
}

const skip = await whyNotHere();

async function openTwo(leaseMs = 30_000) {
  const keyPrefix = `ccr-test-${randomUUID()}:`;
  const clients = [connect(), connect()] as const;
  await Promise.all(clients.map((client) => client.connect()));
  const open = (client: Redis): LimitStore =>
    new RedisLimits({ client, keyPrefix, processId: randomUUID(), logger: silentLogger, leaseMs });
  const stores = [open(clients[0]), open(clients[1])] as const;
  return {
    stores,
    clients,
    dispose: async () => {
      for (const store of stores) store.close();
      const keys = await clients[1].keys(`${keyPrefix}*`);
      if (keys.length > 0) await clients[1].del(...keys);
      for (const client of clients) client.disconnect();
    },
  };
}

testLimitStoreConformance({ name: "limits in redis", skip, open: openTwo });

test("limits in redis: the running calls of a dead process stop counting after its lease", { skip }, async () => {
  const { stores, clients, dispose } = await openTwo(300);
  const [dying, living] = stores;
  const limit = limitOf({ concurrentCalls: 1 });
  try {
    assert.equal((await dying.enter([limit], 0, 1_000)).kind, "entered");
    await pass(400);
    assert.equal((await living.enter([limit], 0, 1_000)).kind, "refused", "a living process repeats its calls");
    clients[0].disconnect();
    dying.close();
    await pass(400);
    assert.equal((await living.enter([limit], 0, 1_000)).kind, "entered");
  } finally {
    await dispose();
  }
});

test("limits in redis: calls that are refused side by side do not count as running elsewhere", { skip }, async () => {
  const { stores, dispose } = await openTwo();
  const [store, other] = stores;
  const [user, model] = [limitOf({ concurrentCalls: 3 }), limitOf({ scope: "model", requestsPerMinute: 1 })];
  try {
    const first = await store.enter([user, model], 0, 1_000);
    assert.ok(first.kind === "entered");
    const refused = Array.from({ length: 8 }, async () => store.enter([user, model], 0, 1_000));
    store.leave(first.entry, 0, 0);
    for (const result of await Promise.all(refused)) assert.equal(result.kind, "refused");
    await waitUntil("no call counts as running any more", async () => {
      const results = await Promise.all([1, 2, 3].map(async () => other.enter([user], 0, 1_000)));
      for (const result of results) if (result.kind === "entered") other.leave(result.entry, 0, 0);
      return results.every(({ kind }) => kind === "entered");
    });
  } finally {
    await dispose();
  }
});

test(
  "limits in redis: while it is away each process keeps them alone, and tells later what was used",
  { skip },
  async () => {
    const { stores, clients, dispose } = await openTwo(300);
    const [store, other] = stores;
    const limit = limitOf({ concurrentCalls: 2, tokensPerMinute: 1_000 });
    try {
      const hasEnded = once(clients[0], "end");
      clients[0].disconnect();
      await hasEnded;
      const entry = await store.enter([limit], 0, 50);
      assert.ok(entry.kind === "entered" && !entry.entry.isShared);
      assert.equal((await store.enter([limit], 0, 50)).kind, "entered");
      assert.equal((await store.enter([limit], 0, 50)).kind, "refused");
      store.leave(entry.entry, 5_000, 0);
      await clients[0].connect();
      await pass(150); // it repeats its word each 100 ms
      const seen = await other.enter([limit], 0, 1_000);
      assert.ok(seen.kind === "refused" && seen.what === "tokens");
    } finally {
      await dispose();
    }
  },
);
