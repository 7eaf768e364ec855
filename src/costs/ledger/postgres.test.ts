import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect as connectSocket } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, Pool } from "pg";
import { systemClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logging.ts";
import { testLedgerConformance } from "./ledger.conformance.ts";
import type { Ledger } from "./ledger.ts";
import { migrations } from "./migrations/migration.ts";
import { migratePostgres } from "./postgres-migrate.ts";
import { createPostgresLedger } from "./postgres.ts";
import { callColumns, rowFromRecord } from "./row.ts";
import { createTestRecord } from "./test-record.ts";
import { waitUntil } from "../../../test/kit/wait-until.ts";

const url = process.env["CCR_TEST_POSTGRES_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

async function whyNotHere(): Promise<string | null> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  try {
    await client.connect();
    await client.end();
    return null;
  } catch (error) {
    return `no PostgreSQL at ${url} (CCR_TEST_POSTGRES_URL): ${String(error)}`;
  }
}

const skip = (await whyNotHere()) ?? false;

interface Place {
  readonly schema: string;
  readonly spillPath: string;
  open(at?: string): Ledger;
  dispose(): Promise<void>;
}

function createPlace(): Place {
  const schema = `ccr_test_${randomUUID().replaceAll("-", "")}`;
  const folder = mkdtempSync(join(tmpdir(), "spill-"));
  const spillPath = join(folder, "spill.ndjson");
  return {
    schema,
    spillPath,
    open: (at = url) => createPostgresLedger({ url: at, schema, spillPath, clock: systemClock, logger: silentLogger }),
    async dispose() {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await client.end();
      rmSync(folder, { recursive: true });
    },
  };
}

testLedgerConformance({
  name: "postgres",
  skip: skip === false ? null : skip,
  open: () => {
    const place = createPlace();
    const ledger = place.open();
    return Promise.resolve({
      ledger,
      reopen: () => Promise.resolve(place.open()),
      dispose: async () => {
        await ledger.close().catch(() => undefined);
        await place.dispose();
      },
    });
  },
});

async function inPlace(run: (place: Place) => Promise<void>): Promise<void> {
  const place = createPlace();
  try {
    await run(place);
  } finally {
    await place.dispose();
  }
}

async function countCalls(ledger: Ledger): Promise<number> {
  const [sums] = await ledger.sums({ fromMs: 0, toMs: Date.UTC(2027, 0), by: [] });
  return sums?.calls ?? 0;
}

test(
  "postgres: corrections lock sums in the order in which new rows do, so that neither locks the other out",
  { skip },
  () =>
    inPlace(async (place) => {
      const ledger = place.open();
      const other = new Client({ connectionString: url, options: `-c search_path=${place.schema}` });
      await other.connect();
      try {
        for (const user of ["zoe", "ada"]) ledger.append(createTestRecord({ id: user, user, costNanoUsd: 1_000 }));
        assert.ok(await ledger.flush());
        const lock = "SELECT 1 FROM rollup_hour WHERE caller_user = $1 FOR UPDATE NOWAIT";
        await other.query("BEGIN");
        await other.query(lock, ["ada"]);
        const { entries } = await ledger.records({});
        const corrections = entries.map(({ record }) => {
          const { prices } = record.cost!;
          return { callId: record.id, atMs: 0, fromNanoUsd: 1_000, toNanoUsd: 2_000, prices, reason: "test" };
        });
        const correcting = ledger.correct(corrections.sort((a, b) => (a.callId < b.callId ? 1 : -1)));
        await waitUntil("the correction waits", async () => {
          const waiting = "SELECT 1 FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)::text[])";
          const { rows } = await other.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
          return (await other.query(waiting, [String(rows[0]!.pid)])).rowCount === 1;
        });
        await other.query(lock, ["zoe"]); // it comes later: nobody has it yet
        await other.query("COMMIT");
        assert.equal(await correcting, 2);
      } finally {
        await other.end();
        await ledger.close();
      }
    }),
);

test("postgres: a ledger of every earlier version is brought to the newest and keeps its rows", { skip }, async () => {
  for (let version = 1; version <= migrations.length; version++) {
    await inPlace(async (place) => {
      const pool = new Pool({ connectionString: url, options: `-c search_path=${place.schema}` });
      await migratePostgres(pool, place.schema, version);
      const row = rowFromRecord(createTestRecord({ id: "req_old" }));
      const values = row.map((_, index) => `$${index + 1}`).join(", ");
      await pool.query(`INSERT INTO calls (${callColumns.join(", ")}) VALUES (${values})`, [...row]);
      await pool.end();
      const ledger = place.open();
      ledger.append(createTestRecord({ id: "req_new" }));
      assert.equal(await ledger.flush(), true);
      assert.equal((await ledger.records({})).entries.length, 2);
      await ledger.close();
    });
  }
});

test("postgres: options in the URL hold, and leave the tables in the ledger's schema", { skip }, () =>
  inPlace(async (place) => {
    const options = encodeURIComponent("-c search_path=public -c lock_timeout=1234");
    const ledger = place.open(`${url}${url.includes("?") ? "&" : "?"}options=${options}`);
    ledger.append(createTestRecord({ id: "req_1" }));
    assert.equal(await ledger.flush(), true);
    assert.equal((await ledger.tables.query("SELECT current_setting('lock_timeout') AS it", []))[0]?.["it"], "1234ms");
    await ledger.close();
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(`SELECT id FROM ${place.schema}.calls`);
    await client.end();
    assert.deepEqual(rows, [{ id: "req_1" }]);
  }),
);

test("postgres: a connection asks for nothing by name that PgBouncer does not know, but for options", { skip }, () =>
  inPlace(async (place) => {
    const names = new Set<string>();
    const server = createServer((socket) => {
      socket.on("data", (message) => {
        const words = message.toString("latin1", 8).split("\0");
        for (let index = 0; words[index] !== ""; index += 2) names.add(words[index] ?? "");
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const ledger = place.open(`postgres://ada@127.0.0.1:${(server.address() as AddressInfo).port}/ccr`);
    await assert.rejects(ledger.tables.query("SELECT 1", []));
    await ledger.close();
    server.close();
    assert.deepEqual([...names].toSorted(), ["application_name", "client_encoding", "database", "options", "user"]);
  }),
);

test("postgres: tables are not made elsewhere where a pooler leaves the connection's options out", { skip }, () =>
  inPlace(async (place) => {
    const pool = new Pool({ connectionString: url });
    await assert.rejects(
      migratePostgres(pool, place.schema),
      new RegExp(`not ${place.schema}: .*ALTER ROLE \\w+ SET search_path = ${place.schema}`),
    );
    const { rows } = await pool.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [place.schema]);
    assert.deepEqual(rows, [], "nothing was made");
    await pool.end();
  }),
);

test("postgres: a role that owns the schema, and may make nothing else, is enough", { skip }, () =>
  inPlace(async (place) => {
    const admin = new Client({ connectionString: url });
    await admin.connect();
    const role = `r${randomUUID().replaceAll("-", "")}`;
    await admin.query(`CREATE ROLE ${role} LOGIN`);
    await admin.query(`CREATE SCHEMA ${place.schema} AUTHORIZATION ${role}`);
    try {
      const ledger = place.open(`${url}${url.includes("?") ? "&" : "?"}options=-c%20role%3D${role}`);
      ledger.append(createTestRecord({ id: "req_1" }));
      assert.equal(await ledger.flush(), true);
      await ledger.close();
    } finally {
      await admin.query(`DROP OWNED BY ${role}`);
      await admin.query(`DROP ROLE ${role}`);
      await admin.end();
    }
  }),
);

test("postgres: a server that may only be read answers questions from the start", { skip }, () =>
  inPlace(async (place) => {
    const first = place.open();
    first.append(createTestRecord({ id: "req_1" }));
    assert.equal(await first.flush(), true);
    await first.close();
    const options = encodeURIComponent("-c default_transaction_read_only=on");
    const second = place.open(`${url}${url.includes("?") ? "&" : "?"}options=${options}`);
    assert.equal((await second.records({})).entries.length, 1);
    second.append(createTestRecord({ id: "req_2" }));
    await second.flush();
    assert.equal(second.health().spilledRows, 1);
    assert.match(second.health().lastError ?? "", /read-only/);
    await second.close();
  }),
);

test("postgres: routers that start at once migrate once", { skip }, () =>
  inPlace(async (place) => {
    const others = [createPlace(), createPlace()];
    const ledgers = [
      place.open(),
      ...others.map((other) =>
        createPostgresLedger({
          url,
          schema: place.schema,
          spillPath: other.spillPath,
          clock: systemClock,
          logger: silentLogger,
        }),
      ),
    ];
    for (const [index, ledger] of ledgers.entries()) {
      for (let call = 0; call < 50; call++) ledger.append(createTestRecord({ id: `req_${index}_${call}` }));
    }
    assert.deepEqual(await Promise.all(ledgers.map((ledger) => ledger.flush())), [true, true, true]);
    for (const ledger of ledgers) assert.equal(await countCalls(ledger), 150);
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    await Promise.all(others.map((other) => other.dispose()));
  }),
);

/** A door to the database that can be shut and opened again. */
async function createDoor(): Promise<{ url: string; shut(): Promise<void>; reopen(): Promise<void> }> {
  const { hostname, port: realPort, ...rest } = toParts(url);
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    const upstream = connectSocket(Number(realPort || 5432), hostname);
    sockets.add(socket).add(upstream);
    for (const end of [socket, upstream]) end.on("error", () => undefined);
    socket.pipe(upstream).pipe(socket);
  };
  let server: Server = createServer(accept);
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: rest.withAddress(`127.0.0.1:${port}`),
    async shut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      await closed;
    },
    async reopen() {
      server = createServer(accept);
      await listen(server, port);
    },
  };
}

function toParts(text: string): { hostname: string; port: string; withAddress(address: string): string } {
  const { hostname, port } = new URL(text);
  const withAddress = (address: string): string => {
    const changed = new URL(text);
    changed.host = address;
    return changed.href;
  };
  return { hostname, port, withAddress };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
}

test("postgres: rows wait on disk while the database is away, survive a restart, and follow once", { skip }, () =>
  inPlace(async (place) => {
    const door = await createDoor();
    const first = place.open(door.url);
    first.append(createTestRecord({ id: "req_before" }));
    assert.equal(await first.flush(), true);
    await door.shut();
    for (let call = 0; call < 450; call++) first.append(createTestRecord({ id: `req_${call}` }));
    assert.equal(await first.flush(), false);
    const { state, spilledRows, waitingRows, lostRows } = first.health();
    assert.deepEqual([state, spilledRows, waitingRows, lostRows], ["degraded", 450, 0, 0]);
    await assert.rejects(first.records({}));
    await first.close();

    const second = place.open(door.url);
    second.append(createTestRecord({ id: "req_after" }));
    second.append(createTestRecord({ id: "req_17" })); // handed over again by whoever was not sure
    assert.equal(await second.flush(), false);
    assert.equal(second.health().spilledRows, 452);
    await door.reopen();
    await waitUntil("all is written", () => second.flush());
    assert.deepEqual([second.health().state, second.health().spilledRows], ["ok", 0]);
    assert.equal(await countCalls(second), 452);
    await second.close();
    await door.shut();
  }),
);

test(
  "postgres: an end does not wait for a lock of another session; what it held up follows at the next start",
  { skip },
  () =>
    inPlace(async (place) => {
      const first = place.open();
      first.append(createTestRecord({ id: "req_before" }));
      assert.equal(await first.flush(), true);
      const other = new Client({ connectionString: url });
      await other.connect();
      await other.query(`BEGIN; LOCK TABLE ${place.schema}.calls IN ACCESS EXCLUSIVE MODE`);
      // More than there are connections, so that some wait for one.
      const asked = Array.from({ length: 8 }, () => assert.rejects(first.records({})));
      first.append(createTestRecord({ id: "req_held_up" }));
      const startedMs = performance.now();
      await first.close();
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < 15_000, `the end took ${tookMs} ms`);
      await Promise.all(asked);
      await other.query("COMMIT");
      await other.end();

      const second = place.open();
      await waitUntil("all is written", () => second.flush());
      assert.equal(await countCalls(second), 2);
      await second.close();
    }),
);

test("postgres: a spill file cut off in the middle of a line loses that line only", { skip }, () =>
  inPlace(async (place) => {
    const line = JSON.stringify(createTestRecord({ id: "req_whole" }));
    writeFileSync(place.spillPath, `${line}\nnot json\n${line.slice(0, 100)}`);
    const ledger = place.open();
    assert.equal(await ledger.flush(), true);
    assert.equal(await countCalls(ledger), 1);
    await ledger.close();
  }),
);
