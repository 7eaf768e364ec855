/** Several workers on one port: one set of budgets and limits, one `/metrics`, one operators' API, and no call lost. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonObject } from "../../src/core/json/json.ts";
import { processIdentity } from "../../src/core/process-identity.ts";
import { createDatabase, noPostgres } from "../kit/postgres-database.ts";
import { noRedisServer, startRedisServer } from "../kit/redis-server.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { openStream } from "../kit/sse-client.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { adaKey, adminKey, callAtOnce, clientOf, moneySettings, startProvider } from "../money/money-router.ts";

async function start(t: CleansUp, settings: object = {}) {
  const provider = await startProvider(t);
  const server = { workers: 2, port: 0 };
  const configuration = moneySettings(provider, { server, ...settings }) as JsonObject;
  const router = await startRouter(t, { configuration, deadlineMs: 30_000 });
  return { provider, router, configuration, ...clientOf(router.url) };
}

const workersOf = async ({ url }: RouterProcess): Promise<readonly number[]> =>
  ((await (await fetch(`${url}/livez`)).json()) as { workers: number[] }).workers;

const valueOf = (metrics: string, name: RegExp): number =>
  metrics
    .split("\n")
    .filter((line) => name.test(line))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);

test("two workers hold one budget and keep one limit, without Redis", async (t) => {
  // A call in strict mode holds a bit more than 2 cents.
  const budgets = { caps: [{ scope: "team", daily: 1.05 }], mode: "strict", onStoreFailure: "closed" };
  const { provider, call, askJson, router } = await start(t, { budgets });
  assert.equal((await workersOf(router)).length, 2);
  const { served } = await callAtOnce(120, provider, () => call({ max_tokens: 2_000 }), 12);
  assert.equal(served, 52);
  await waitUntil("every hold is settled", async () => {
    const { budgets: states } = await askJson<{ budgets: { heldUsd: number }[] }>("/api/budgets");
    return states[0]!.heldUsd === 0;
  });
});

test("two workers keep one limit on calls at once, and their calls are in one ledger, one /metrics and one list", async (t) => {
  const limits = [{ scope: "user", concurrentCalls: 5 }];
  const { provider, call, ask, askJson, router } = await start(t, { limits });
  provider.behave({ fault: { kind: "hang" } });
  const hanging = Array.from({ length: 5 }, () => call());
  await waitUntil("all are at the provider", () => provider.counts().requests === 5);
  assert.equal((await call()).status, 429);
  const { calls } = await askJson<{ calls: readonly JsonObject[] }>("/debug/connections");
  assert.equal(calls.length, 5);
  assert.equal(valueOf(await (await fetch(`${router.url}/metrics`)).text(), /^ccr_calls_in_flight /), 5);
  provider.behave({ fault: null });
  await provider.stopListening();
  await Promise.all(hanging.map(async (one) => (await one).text()));
  await waitUntil("the ledger has all", async () => {
    const { records } = await askJson<{ records: readonly JsonObject[] }>("/api/costs/records");
    return records.length === 6;
  });
  const metrics = await (await ask("/metrics")).text();
  assert.equal(valueOf(metrics, /^ccr_requests_total\{.*route="\/v1\/messages"/), 6);
  const parent = router.pid;
  const { resident } = { resident: valueOf(metrics, /^process_resident_memory_bytes /) };
  assert.ok(resident > 150_000_000, `${resident} bytes are not those of ${parent} and two workers`);
});

test("a worker that is killed is replaced, the others' calls go on, and its holds are given back", async (t) => {
  const budgets = { caps: [{ scope: "user", daily: 5 }] };
  const { provider, call, askJson, router } = await start(t, { budgets });
  provider.behave({ fault: { kind: "hang" } });
  const workers = await workersOf(router);
  const [first = 0, second = 0] = workers;
  const filesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
  const before = workers.map(filesOf);
  const hanging: Promise<number | "lost">[] = [];
  // Which of them takes a connection is the kernel's choice; a call takes one of a client's and one to the provider.
  while (workers.some((pid, index) => filesOf(pid) < before[index]! + 2) && hanging.length < 200) {
    for (let count = 0; count < 8; count++) {
      const ended = call().then(
        (answer) => answer.status,
        () => "lost" as const,
      );
      hanging.push(ended);
    }
    await waitUntil("they are at the provider", () => provider.counts().requests === hanging.length);
  }
  const cpuSeconds = async (): Promise<number> =>
    valueOf(await (await fetch(`${router.url}/metrics`)).text(), /^process_cpu_seconds_total /);
  let [cpuBefore, fell] = [await cpuSeconds(), false];
  process.kill(first, "SIGKILL");
  const left = await waitUntil(
    "another one serves",
    async () => {
      const pids = await workersOf(router);
      const cpu = await cpuSeconds();
      fell ||= cpu < cpuBefore;
      cpuBefore = cpu;
      return pids.length === 2 && !pids.includes(first) && pids;
    },
    20_000,
  );
  assert.ok(left.includes(second));
  assert.ok(!fell, "a counter fell");
  provider.behave({ fault: null });
  assert.equal((await call()).status, 200);
  await provider.stopListening();
  const ends = await Promise.all(hanging);
  const lost = ends.filter((end) => end === "lost").length;
  assert.ok(lost > 0 && lost < ends.length, `${lost} of ${ends.length} calls were lost`);
  await waitUntil("nothing is held", async () => {
    const { budgets: states } = await askJson<{ budgets: { heldUsd: number }[] }>("/api/budgets");
    return states[0]!.heldUsd === 0;
  });
});

test("a session stays at its target whichever worker serves it, and a breaker that opens in one is open in all", async (t) => {
  const { provider, call, askJson } = await start(t, { breaker: { failureThreshold: 2, openMs: 60_000 } });
  const session = { "x-claude-code-session-id": randomUUID() };
  for (let index = 0; index < 4; index++) assert.equal((await call({}, session)).status, 200);
  provider.behave({ fault: { kind: "status", status: 500 } });
  await waitUntil("a breaker is open", async () => (await call()).status === 503);
  await waitUntil("it is open everywhere", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => call()));
    return answers.every(({ status }) => status === 503);
  });
  const breakers = await askJson<{ kind: string }[]>("/debug/circuit-breakers");
  assert.deepEqual(
    breakers.map(({ kind }) => kind),
    ["open"],
  );
});

test(
  "two instances of two workers on Redis and PostgreSQL: one ledger, and budgets that equal it",
  { skip: noRedisServer || noPostgres },
  async (t) => {
    const shared = {
      redis: { url: (await startRedisServer(t)).url, keyPrefix: `${randomUUID()}:` },
      ledger: { postgres: await createDatabase(t) },
      budgets: { caps: [{ scope: "user", daily: 50 }] },
    };
    const instances = [await start(t, shared), await start(t, shared)];
    for (let round = 0; round < 15; round++) {
      const calls = Array.from({ length: 8 }, (_, index) => instances[index % 2]!.call());
      for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
    }
    for (const { askJson } of instances) {
      await waitUntil(
        "the budget equals the ledger, and nothing is held",
        async () => {
          const { budgets } = await askJson<{ budgets: { spentUsd: number; heldUsd: number }[] }>("/api/budgets");
          const { records } = await askJson<{ records: { costUsd: number | null }[] }>("/api/costs/records?limit=1000");
          const recorded = records.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
          const { spentUsd, heldUsd } = budgets[0]!;
          return records.length === 120 && heldUsd === 0 && Math.abs(spentUsd - recorded) < 1e-9;
        },
        30_000,
      );
    }
  },
);

test("a reload reaches every worker, and SIGTERM lets the streams of all end whole", async (t) => {
  const { provider, router, call, configuration } = await start(t);
  assert.equal((await call({ model: "only-after-the-reload" })).status, 200);
  const rules = [{ name: "no", when: { model: "only-after-the-reload" }, reject: "Not any more." }];
  router.writeConfiguration({ ...configuration, routing: { rules } });
  await waitUntil("both refuse", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => call({ model: "only-after-the-reload" })));
    return answers.every(({ status }) => status === 403 || status === 400);
  });
  provider.behave({ tokensPerSecond: 40, answerTokens: 60 });
  const body = {
    model: "claude-sonnet-4-5",
    max_tokens: 100,
    stream: true,
    messages: [{ role: "user", content: "Hi" }],
  };
  const headers = { "x-api-key": adaKey, "anthropic-version": "2023-06-01" };
  const streams = await Promise.all(
    Array.from({ length: 6 }, () => openStream(`${router.url}/v1/messages`, body, headers)),
  );
  router.signal("SIGTERM");
  for (const stream of streams) {
    assert.equal(await stream.ended, "whole");
    assert.equal(stream.events.at(-1)?.event, "message_stop");
  }
  assert.equal(await router.exited, 0, router.output());
});

test("a worker that hangs holds up no reload and no stop", async (t) => {
  const { router } = await start(t, { server: { workers: 2, port: 0, gracePeriodMs: 1_000 } });
  const [first = 0] = await workersOf(router);
  process.kill(first, "SIGSTOP");
  // On a connection of its own: a kept one may be the stopped worker's.
  const reload = request(`${router.url}/api/reload`, {
    method: "POST",
    agent: false,
    headers: { "x-api-key": adminKey },
  });
  reload.end();
  const [{ statusCode }] = (await once(reload, "response")) as [IncomingMessage];
  assert.equal(statusCode, 200);
  assert.equal(await router.stop(), 0);
  await waitUntil("the worker is gone", () => processIdentity(first) === null);
});

test("SIGUSR2 writes a heap snapshot of every process", async (t) => {
  const { router } = await start(t);
  router.signal("SIGUSR2");
  await waitUntil(
    "three snapshots",
    () => {
      const files = readdirSync(join(router.stateFolder, "heap")).filter((name) => name.endsWith(".heapsnapshot"));
      return files.length === 3 && router.output().split("heap snapshot: ").length === 4;
    },
    30_000,
  );
});
