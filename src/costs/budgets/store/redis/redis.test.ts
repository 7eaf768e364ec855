import assert from "node:assert/strict";
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { Redis } from "ioredis";
import { createManualClock, systemClock } from "../../../../core/time/clock.ts";
import { silentLogger } from "../../../../core/log/logging.ts";
import type { BudgetStore, LoadSpent } from "../budget-store.ts";
import { testBudgetStoreConformance } from "../budget-store.conformance.ts";
import { atMs, createBucket, promptLedger } from "../test-bucket.ts";
import { RedisBudgetStore } from "./redis.ts";

const url = process.env["CCR_TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379";

function connect(): Redis {
  const client = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    commandTimeout: 5_000,
    retryStrategy: () => null,
  });
  client.on("error", () => undefined); // commands fail by themselves
  return client;
}

async function whyNotHere(): Promise<string | null> {
  const client = connect();
  try {
    await client.connect();
    return null;
  } catch {
    return `no Redis at ${url} (CCR_TEST_REDIS_URL)`;
  } finally {
    client.disconnect();
  }
}

const skip = await whyNotHere();

function openStore(client: Redis, keyPrefix: string, loadSpent: LoadSpent, leaseMs = 30_000): BudgetStore {
  return new RedisBudgetStore({
    client,
    keyPrefix,
    processId: randomUUID(),
    loadSpent,
    ledger: promptLedger,
    clock: { ...createManualClock(atMs), monotonicMs: () => systemClock.monotonicMs() },
    logger: silentLogger,
    leaseMs,
  });
}

async function removeKeys(client: Redis, keyPrefix: string): Promise<void> {
  const keys = await client.keys(`${keyPrefix}*`);
  if (keys.length > 0) await client.del(...keys);
}

testBudgetStoreConformance({
  name: "redis",
  skip,
  open: async (loadSpent) => {
    const keyPrefix = `ccr-test-${randomUUID()}:`;
    const clients = [connect(), connect()] as const;
    await Promise.all(clients.map((client) => client.connect()));
    const stores = [openStore(clients[0], keyPrefix, loadSpent), openStore(clients[1], keyPrefix, loadSpent)] as const;
    return {
      stores,
      dispose: async () => {
        await Promise.all(stores.map((store) => store.close()));
        await removeKeys(clients[0], keyPrefix);
        for (const client of clients) client.disconnect();
      },
    };
  },
});

/** Runs `run` with a client and a prefix of its own. */
async function withRedis(run: (client: Redis, keyPrefix: string) => Promise<void>): Promise<void> {
  const client = connect();
  await client.connect();
  const keyPrefix = `ccr-test-${randomUUID()}:`;
  try {
    await run(client, keyPrefix);
  } finally {
    await removeKeys(client, keyPrefix);
    client.disconnect();
  }
}

const nothingSpent: LoadSpent = () => Promise.resolve(0);

test("redis: a flushed server is restored from the ledger", { skip: skip ?? false }, () =>
  withRedis(async (client, keyPrefix) => {
    let spent = 0;
    const store = openStore(client, keyPrefix, () => Promise.resolve(spent));
    const buckets = [createBucket(100)];
    await store.hold({ callId: "a", buckets, amountNanoUsd: 10, isEnforced: true });
    spent = 95; // what the ledger knows by now
    await removeKeys(client, keyPrefix);
    const refused = await store.hold({ callId: "b", buckets, amountNanoUsd: 10, isEnforced: true });
    assert.equal(refused.kind, "refused");
    // The lost hold's call settles: its cost is the ledger's business, nothing goes below zero.
    assert.equal((await store.settle({ callId: "a", buckets, costNanoUsd: 5, hadHold: true })).kind, "already-settled");
    assert.deepEqual(
      (await store.read(buckets)).map((state) => [state.spentNanoUsd, state.heldNanoUsd]),
      [[95, 0]],
    );
    await store.close();
  }),
);

test("redis: a hold takes one round trip, a settlement another", { skip: skip ?? false }, () =>
  withRedis(async (client, keyPrefix) => {
    const store = openStore(client, keyPrefix, nothingSpent);
    const buckets = [createBucket(100), createBucket(100, "team", "t")];
    await store.read(buckets);
    let trips = 0;
    const counted = new Proxy(client, {
      get(target, name) {
        if (name === "evalsha" || name === "eval") trips += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const measured = openStore(counted, keyPrefix, nothingSpent);
    await measured.read(buckets);
    await measured.hold({ callId: "warm", buckets, amountNanoUsd: 1, isEnforced: true });
    await measured.settle({ callId: "warm", buckets, costNanoUsd: 1, hadHold: true });
    trips = 0;
    await measured.hold({ callId: "a", buckets, amountNanoUsd: 1, isEnforced: true });
    assert.equal(trips, 1);
    await measured.settle({ callId: "a", buckets, costNanoUsd: 1, hadHold: true });
    assert.equal(trips, 2);
    await Promise.all([store.close(), measured.close()]);
  }),
);

test("redis: a server that is away makes holds fail soon instead of hanging", { skip: skip ?? false }, () =>
  withRedis(async (client, keyPrefix) => {
    const store = openStore(client, keyPrefix, nothingSpent);
    await store.read([createBucket(100)]);
    client.disconnect();
    const request = { callId: "a", buckets: [createBucket(100)], amountNanoUsd: 1, isEnforced: true };
    await assert.rejects(store.hold(request));
    await store.close();
    await client.connect();
  }),
);

interface Report {
  readonly held: number;
}

async function startProcess(keyPrefix: string): Promise<ChildProcess> {
  const child = fork(new URL("./testdata/hold-in-redis.ts", import.meta.url), [url, keyPrefix]);
  const [ready] = (await Promise.race([once(child, "message"), once(child, "exit")])) as [unknown];
  assert.equal(ready, "ready");
  return child;
}

test("redis: two processes at once let through exactly what fits", { skip: skip ?? false }, () =>
  withRedis(async (_client, keyPrefix) => {
    const children = await Promise.all([startProcess(keyPrefix), startProcess(keyPrefix)]);
    const reports = children.map((child) => once(child, "message") as Promise<[Report]>);
    for (const child of children) child.send("go");
    const held = (await Promise.all(reports)).reduce((sum, [report]) => sum + report.held, 0);
    assert.equal(held, 50); // each asked 100 times for 100 of 5,000
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => once(child, "exit")));
  }),
);

test("redis: the holds of a killed process expire, those of a living one stay", { skip: skip ?? false }, () =>
  withRedis(async (client, keyPrefix) => {
    const store = openStore(client, keyPrefix, nothingSpent, 1_500);
    const buckets = [createBucket(5_000)];
    await store.hold({ callId: "living", buckets, amountNanoUsd: 100, isEnforced: true });
    const child = await startProcess(keyPrefix);
    const report = once(child, "message");
    child.send("go");
    await report;
    child.kill("SIGKILL");
    await once(child, "exit");
    const heldBy = async (): Promise<number> => (await store.read(buckets))[0]?.heldNanoUsd ?? 0;
    assert.equal(await heldBy(), 5_000);
    const deadline = performance.now() + 10_000;
    while ((await heldBy()) > 100 && performance.now() < deadline) await new Promise((done) => setTimeout(done, 50));
    assert.equal(await heldBy(), 100);
    await store.close();
  }),
);

test("redis: a process that was taken for dead still charges its calls, once", { skip: skip ?? false }, () =>
  withRedis(async (client, keyPrefix) => {
    const stalled = openStore(client, keyPrefix, nothingSpent, 3_600_000);
    const buckets = [createBucket(100)];
    await stalled.hold({ callId: "a", buckets, amountNanoUsd: 60, isEnforced: true });
    for (const key of await client.keys(`${keyPrefix}*:p:*`)) await client.del(key); // its lease is over
    const other = openStore(client, keyPrefix, nothingSpent);
    assert.deepEqual(
      (await other.read(buckets)).map((state) => state.heldNanoUsd),
      [0],
    );
    const request = { callId: "a", buckets, costNanoUsd: 40, hadHold: true };
    assert.equal((await stalled.settle(request)).kind, "settled");
    assert.equal((await stalled.settle(request)).kind, "already-settled");
    assert.deepEqual(
      (await other.read(buckets)).map((state) => state.spentNanoUsd),
      [40],
    );
    await Promise.all([stalled.close(), other.close()]);
  }),
);

test("a settlement leaves after what its turn handed to the ledger's journal", async (t) => {
  const order: string[] = [];
  const run = (): Promise<unknown> => Promise.resolve(order.push("sent"));
  const store = openStore({ eval: run, evalsha: run } as unknown as Redis, "t:", () => Promise.resolve(0));
  t.after(() => store.close());
  order.length = 0; // the lease was taken
  setImmediate(() => order.push("in the journal"));
  await store.settle({ callId: "c", buckets: [], costNanoUsd: 1, hadHold: false });
  assert.deepEqual(order, ["in the journal", "sent"]);
});
