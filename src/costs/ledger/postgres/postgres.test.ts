/** What the ledger in PostgreSQL promises: every ledger's promises, and those of schemas, roles, poolers and locks. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Client, Pool } from "pg";
import { systemClock } from "../../../core/time/clock.ts";
import { silentLogger } from "../../../core/log/logging.ts";
import { testLedgerConformance } from "../conformance/ledger.conformance.ts";
import { migrations } from "../migrations/all-migrations.ts";
import { migratePostgres } from "./postgres-migrate.ts";
import { createPostgresLedger } from "./postgres.ts";
import { callColumns, rowFromRecord } from "../row.ts";
import { createTestRecord } from "../test-record.ts";
import { waitUntil } from "../../../../test/kit/wait-until.ts";
import { countCalls, createPlace, inPlace, skip, url } from "./test-postgres-place.ts";

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
