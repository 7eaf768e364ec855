/** The ledger in PostgreSQL, by one setting, through the whole router. Skipped visibly where there is none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "pg";
import { migrationLock } from "../../src/costs/ledger/postgres/postgres-migrate.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { createDatabase, noPostgres as skip } from "../kit/postgres-database.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { adaKey, clientOf, moneySettings, startProvider } from "./money-router.ts";

interface Records {
  readonly records: readonly { readonly id: string }[];
}

test(
  "two routers on one PostgreSQL keep one ledger, one set of limits and budgets that survive a restart",
  { skip },
  async (t) => {
    const postgres = await createDatabase(t);
    const provider = await startProvider(t);
    const settings = moneySettings(provider, { ledger: { postgres } });
    const first = await startLocalRouter(t, settings);
    const one = clientOf(first.url);
    let calls = 0;
    const call = async (): Promise<number> => {
      calls++;
      return (await one.call()).status;
    };
    assert.equal(await call(), 200);
    const limit = { scope: { type: "user", user_id: "ada" }, amount: "0", period: "daily" };
    await one.askJson("/v1/organizations/spend_limits", { method: "POST", body: JSON.stringify(limit) });
    // A database that is slow to tell what was spent lets a call through (budgets.onStoreFailure), which is no defect.
    await waitUntil("the limit holds", async () => (await call()) === 429);
    const second = await startLocalRouter(t, settings);
    const other = clientOf(second.url);
    const { records } = await waitUntil("the other router has all calls", async () => {
      const found = await other.askJson<Records>("/api/costs/records");
      return found.records.length === calls && found;
    });
    assert.equal(records.length, calls);
    await waitUntil("the limit holds there too", async () => (await other.call()).status === 429);
  },
);

test("names with a NUL, which PostgreSQL takes in no text, are the asker's fault", { skip }, async (t) => {
  const postgres = await createDatabase(t);
  const router = await startLocalRouter(t, moneySettings(await startProvider(t), { ledger: { postgres } }));
  const { ask } = clientOf(router.url);
  const paths = ["/api/calls?user=%00", "/api/calls/%00", "/api/costs/report?model=a%00", "/api/alerts/%00"];
  for (const path of paths) assert.equal((await ask(path)).status, 400, path);
  const headers = { "x-api-key": adaKey };
  assert.equal((await fetch(`${router.url}/api/session?id=%00`, { headers })).status, 400);
  for (const [method, path, body] of [
    ["PUT", "/api/budgets", { scope: "user", id: "a\0", period: "daily", limitUsd: 1 }],
    [
      "POST",
      "/v1/organizations/spend_limits",
      { scope: { type: "user", user_id: "\0" }, amount: "1", period: "daily" },
    ],
    ["POST", "/api/costs/reprice", { from: "2026-11-01", to: "2026-11-02", model: "\0" }],
  ] as const)
    assert.equal((await ask(path, { method, body: JSON.stringify(body) })).status, 400, path);
});

test("a PostgreSQL that is away costs no call; /health says that records wait", async (t) => {
  const provider = await startProvider(t);
  const ledger = { postgres: "postgres://nobody@127.0.0.1:1/none" };
  const router = await startLocalRouter(t, moneySettings(provider, { ledger }));
  const { call } = clientOf(router.url);
  assert.equal((await call()).status, 200);
  await waitUntil("the ledger is known to be away", async () => {
    const health = (await (await fetch(`${router.url}/health`)).json()) as {
      readonly reasons: readonly { readonly component: string }[];
    };
    return health.reasons.some(({ component }) => component === "ledger");
  });
  assert.equal((await call()).status, 200);
});

test("a start does not wait for another router's migration: calls are served meanwhile", { skip }, async (t) => {
  const postgres = await createDatabase(t);
  const other = new Client({ connectionString: postgres });
  other.on("error", () => undefined); // its database goes before it
  await other.connect();
  await other.query("SELECT pg_advisory_lock($1)", [migrationLock]);
  const startedMs = performance.now();
  const router = await startLocalRouter(t, moneySettings(await startProvider(t), { ledger: { postgres } }));
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < 20_000, `the start took ${tookMs} ms`);
  const { call, askJson } = clientOf(router.url);
  assert.equal((await call()).status, 200);
  await other.end();
  await waitUntil("the ledger has the call", async () => {
    const { records } = await askJson<Records>("/api/costs/records").catch((): Records => ({ records: [] }));
    return records.length === 1;
  });
});
