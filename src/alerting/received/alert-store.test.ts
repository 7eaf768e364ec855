/** What the store of alerts promises, in SQLite and in PostgreSQL. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "pg";
import { createManualClock } from "../../core/time/clock.ts";
import type { ManualClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import { createPostgresLedger } from "../../costs/ledger/postgres/postgres.ts";
import { createSqliteLedger } from "../../costs/ledger/sqlite/sqlite.ts";
import type { Ledger } from "../../costs/ledger/ledger.ts";
import type { ToldAlert } from "./told-alert.ts";
import { createAlertStore } from "./alert-store.ts";
import type { AlertStore } from "./alert-store.ts";

const startMs = Date.UTC(2026, 10, 28, 3);
const postgresUrl = process.env["CCR_TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

async function whyNoPostgres(): Promise<string | false> {
  const client = new Client({ connectionString: postgresUrl, connectionTimeoutMillis: 1_000 });
  try {
    await client.connect();
    await client.end();
    return false;
  } catch (error) {
    return `no PostgreSQL at ${postgresUrl} (CCR_TEST_POSTGRES_URL): ${String(error)}`;
  }
}

interface Place {
  open(clock: ManualClock): Ledger;
  dispose(): Promise<void>;
}

function createPlace(kind: "sqlite" | "postgres"): Place {
  const folder = mkdtempSync(join(tmpdir(), "alerts-"));
  const schema = `ccr_test_${randomUUID().replaceAll("-", "")}`;
  let opened = 0;
  return {
    open: (clock) =>
      kind === "sqlite"
        ? createSqliteLedger({ path: join(folder, "l.sqlite"), clock, logger: silentLogger })
        : createPostgresLedger({
            url: postgresUrl,
            schema,
            spillPath: join(folder, `spill-${++opened}`),
            clock,
            logger: silentLogger,
          }),
    async dispose() {
      rmSync(folder, { recursive: true });
      if (kind === "sqlite") return;
      const client = new Client({ connectionString: postgresUrl });
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await client.end();
    },
  };
}

function told(fingerprint: string, about: Partial<ToldAlert> = {}): ToldAlert {
  return {
    fingerprint,
    state: "firing",
    labels: { alertname: "ProviderDown", severity: "warning", provider: "groq" },
    annotations: { summary: "Provider groq is unhealthy" },
    sourceUrl: "http://prometheus/graph",
    startedAtMs: startMs,
    endedAtMs: null,
    ...about,
  };
}

const ended = (fingerprint: string, endedAtMs: number, startedAtMs = startMs): ToldAlert =>
  told(fingerprint, { state: "resolved", startedAtMs, endedAtMs });

const noPostgres = await whyNoPostgres();

for (const kind of ["sqlite", "postgres"] as const) {
  const skip = kind === "postgres" && noPostgres;

  /** `other`: a second router on the same database. */
  const promise = (
    title: string,
    run: (store: AlertStore, clock: ManualClock, other: AlertStore) => Promise<void>,
  ): void =>
    void test(`${kind}: ${title}`, { skip }, async () => {
      const place = createPlace(kind);
      const clock = createManualClock(startMs);
      const ledgers = [place.open(clock), place.open(clock)];
      const bounds = { maxAlerts: 5, maxEvents: 20 };
      const [store, other] = ledgers.map((ledger) => createAlertStore(ledger.tables, clock, bounds));
      try {
        await run(store!, clock, other!);
      } finally {
        for (const ledger of ledgers) await ledger.close();
        await place.dispose();
      }
    });

  promise("an alert comes back as it was told, with its name and severity", async (store, clock) => {
    clock.advanceMs(30_000);
    await store.receive([told("a")]);
    assert.deepEqual(await store.get("a"), {
      ...told("a"),
      name: "ProviderDown",
      severity: "warning",
      firstToldAtMs: startMs + 30_000,
      lastToldAtMs: startMs + 30_000,
      timesTold: 1,
      acknowledged: null,
    });
    assert.equal(await store.get("b"), null);
  });

  promise("told again, to whichever router, it stays one alert with one beginning", async (store, clock, other) => {
    await store.receive([told("a")]);
    clock.advanceMs(60_000);
    await Promise.all([other.receive([told("a"), told("b")]), store.receive([told("b"), told("a")])]);
    const alert = await store.get("a");
    assert.deepEqual([alert?.timesTold, alert?.lastToldAtMs], [3, startMs + 60_000]);
    assert.equal((await store.list("firing", 10)).length, 2);
    assert.equal((await store.history("a", 10)).length, 1);
  });

  promise("it ends, comes back, and its history tells both firings, newest first", async (store) => {
    await store.receive([told("a")]);
    await store.receive([ended("a", startMs + 60_000)]);
    assert.deepEqual((await store.list("firing", 10)).length, 0);
    assert.equal((await store.list("resolved", 10))[0]?.endedAtMs, startMs + 60_000);
    await store.receive([told("a", { startedAtMs: startMs + 90_000 })]);
    assert.equal((await store.get("a"))?.state, "firing");
    assert.deepEqual(
      (await store.history("a", 10)).map(({ what, atMs }) => [what, atMs - startMs]),
      [
        ["firing", 90_000],
        ["resolved", 60_000],
        ["firing", 0],
      ],
    );
  });

  promise("the late end of an earlier firing does not end the one that runs", async (store) => {
    await store.receive([told("a", { startedAtMs: startMs + 90_000 })]);
    await store.receive([ended("a", startMs + 60_000)]);
    const alert = await store.get("a");
    assert.deepEqual([alert?.state, alert?.endedAtMs], ["firing", null]);
  });

  promise("an alert whose start moved back (Alertmanager joins firings) still ends", async (store) => {
    await store.receive([told("a", { startedAtMs: startMs + 90_000 })]);
    await store.receive([ended("a", startMs + 120_000, startMs)]);
    assert.equal((await store.get("a"))?.state, "resolved");
  });

  promise("an acknowledgement stays while it is told again, and goes when it fires anew", async (store, clock) => {
    await store.receive([told("a")]);
    clock.advanceMs(5_000);
    const acknowledged = { atMs: startMs + 5_000, by: "ada", note: "on it" };
    assert.deepEqual((await store.acknowledge("a", "ada", "on it"))?.acknowledged, acknowledged);
    await store.receive([told("a")]);
    assert.deepEqual((await store.get("a"))?.acknowledged, acknowledged);
    await store.receive([ended("a", startMs + 60_000)]);
    assert.deepEqual((await store.get("a"))?.acknowledged, acknowledged);
    await store.receive([told("a")]);
    assert.equal((await store.get("a"))?.acknowledged, null);
    assert.deepEqual(
      (await store.history("a", 10)).map(({ what, actor, note }) => [what, actor, note]),
      [
        ["resolved", "", ""],
        ["acknowledged", "ada", "on it"],
        ["firing", "", ""],
      ],
    );
    assert.equal(await store.acknowledge("b", "ada", ""), null);
  });

  promise("what fires comes first and is kept longest; alerts and history are bounded", async (store, clock) => {
    for (let index = 0; index < 30; index++) {
      await store.receive(index === 0 ? [told("first")] : [ended(`old-${index}`, startMs + index)]);
      clock.advanceMs(1_000);
    }
    const all = await store.list(null, 100);
    assert.deepEqual(
      all.map(({ fingerprint }) => fingerprint),
      ["first", "old-29", "old-28", "old-27", "old-26"],
    );
    assert.equal((await store.history("old-1", 100)).length, 0);
    assert.equal((await store.history("old-29", 100)).length, 2);
  });

  promise("a notification without alerts changes nothing", async (store) => {
    await store.receive([]);
    assert.deepEqual(await store.list(null, 10), []);
  });
}
