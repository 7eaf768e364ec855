import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { systemClock } from "../../../core/time/clock.ts";
import { silentLogger } from "../../../core/log/logging.ts";
import type { Ledger } from "../ledger.ts";
import { testLedgerConformance } from "../conformance/ledger.conformance.ts";
import { migrations } from "../migrations/all-migrations.ts";
import { measureColumns, weekMs } from "../rollup.ts";
import { rowFromRecord } from "../row.ts";
import { linesFromRecords } from "../waiting/row-line.ts";
import { SqliteThread } from "./sqlite-thread.ts";
import { createSqliteLedger, migrateSqlite } from "./sqlite.ts";
import { createTestRecord } from "../test-record.ts";
import { waitUntil } from "../../../../test/kit/wait-until.ts";

function openAt(path: string): Ledger {
  return createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
}

function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "ledger-"));
  return run(folder).finally(() => rmSync(folder, { recursive: true }));
}

testLedgerConformance({
  name: "sqlite",
  skip: null,
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), "ledger-"));
    const path = join(folder, "deep", "ledger.sqlite");
    const ledger = openAt(path);
    return Promise.resolve({
      ledger,
      reopen: () => Promise.resolve(openAt(path)),
      dispose: async () => {
        await ledger.close().catch(() => undefined);
        rmSync(folder, { recursive: true });
      },
    });
  },
});

test("a ledger of every earlier version is brought to the newest and keeps its rows", () =>
  inFolder(async (folder) => {
    for (let version = 1; version <= migrations.length; version++) {
      const path = join(folder, `v${version}.sqlite`);
      const database = new DatabaseSync(path);
      migrateSqlite(database, version);
      const row = rowFromRecord(createTestRecord({ id: "req_old" }));
      database.prepare(`INSERT INTO calls VALUES (NULL, ${row.map(() => "?").join(", ")})`).run(...row);
      const hour = Date.UTC(2026, 10, 18);
      const dimensions = ["ada", "t", "gold", "k", "m", "anthropic", "m"];
      const measures = measureColumns.map((_, index) => index + 1);
      const values = [hour, ...dimensions, ...measures];
      database.prepare(`INSERT INTO rollup_hour VALUES (${values.map(() => "?").join(", ")})`).run(...values);
      if (version >= 8) {
        const week = [Math.floor(hour / weekMs) * weekMs, ...dimensions, ...measures];
        database.prepare(`INSERT INTO rollup_week VALUES (${week.map(() => "?").join(", ")})`).run(...week);
      }
      if (version >= 5) {
        const total = [hour, "anthropic", "m", ...measures];
        database.prepare(`INSERT INTO rollup_total VALUES (${total.map(() => "?").join(", ")})`).run(...total);
      }
      database.close();
      const ledger = openAt(path);
      ledger.append(createTestRecord({ id: "req_new", startedAtMs: hour, user: "bob", costNanoUsd: 1_000 }));
      await ledger.flush();
      assert.equal((await ledger.records({})).entries.length, 2, `from version ${version}`);
      const [sums] = await ledger.sums({ fromMs: hour, toMs: hour + 1, by: [] });
      assert.equal(sums?.costNanoUsd, 1_012n, `from version ${version}`); // cost is the twelfth measure
      await ledger.close();
    }
  }));

test("a ledger written by a newer program is refused, not touched", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99");
    database.close();
    assert.throws(() => openAt(path), /version 99.*ccr ledger restore/);
  }));

test("only its owner may read the ledger's file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    const ledger = openAt(path);
    assert.equal(statSync(path).mode & 0o077, 0);
    await ledger.close();
  }));

test("two ledgers on one file (the router and its command line) do not disturb each other", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    const [router, commandLine] = [openAt(path), openAt(path)];
    for (let index = 0; index < 300; index++) router.append(createTestRecord({ id: `req_${index}` }));
    await router.flush();
    const [sums] = await commandLine.sums({ fromMs: 0, toMs: Date.UTC(2027, 0), by: [] });
    assert.equal(sums?.calls, 300);
    await Promise.all([router.close(), commandLine.close()]);
  }));

async function countCalls(ledger: Ledger): Promise<number> {
  const [sums] = await ledger.sums({ fromMs: 0, toMs: Date.UTC(2027, 0), by: [] });
  return sums?.calls ?? 0;
}

test("a full disk degrades the ledger; with room again it catches up without loss or repeat", () =>
  inFolder(async (folder) => {
    const ledger = openAt(join(folder, "ledger.sqlite"));
    ledger.append(createTestRecord({ id: "req_before" }));
    await ledger.flush();
    await ledger.tables.write([{ sql: "PRAGMA max_page_count = 40", parameters: [] }]); // a disk of 160 KB
    for (let index = 0; index < 250; index++) ledger.append(createTestRecord({ id: `req_${index}` }));
    assert.equal(await ledger.flush(), false);
    const { state, waitingRows, writtenRows, lastError } = ledger.health();
    assert.deepEqual([state, waitingRows + writtenRows], ["degraded", 251]);
    assert.match(lastError ?? "", /full/);
    await ledger.tables.write([{ sql: "PRAGMA max_page_count = 1000000", parameters: [] }]);
    assert.equal(await ledger.flush(), true);
    assert.equal(ledger.health().state, "ok");
    assert.equal(await countCalls(ledger), 251);
    await ledger.close();
  }));

test("a ledger locked by another program degrades and catches up", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    const ledger = openAt(path);
    const other = new DatabaseSync(path);
    other.exec("BEGIN EXCLUSIVE");
    ledger.append(createTestRecord({ id: "req_a" }));
    assert.equal(await ledger.flush(), false);
    other.exec("ROLLBACK");
    other.close();
    assert.equal(await ledger.flush(), true);
    assert.equal(await countCalls(ledger), 1);
    await ledger.close();
  }));

test("a ledger whose file is moved away degrades, and catches up once it is back", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    const ledger = openAt(path);
    ledger.append(createTestRecord({ id: "req_1" }));
    assert.equal(await ledger.flush(), true);
    renameSync(path, join(folder, "moved"));
    ledger.append(createTestRecord({ id: "req_2" }));
    assert.equal(await ledger.flush(), false);
    assert.match(ledger.health().lastError ?? "", /was moved, removed or replaced/);
    renameSync(join(folder, "moved"), path);
    assert.equal(await ledger.flush(), true);
    assert.equal(ledger.health().state, "ok");
    assert.equal((await ledger.records({})).entries.length, 2);
    await ledger.close();
  }));

test("a ledger that was closed may be closed again", () =>
  inFolder(async (folder) => {
    const ledger = openAt(join(folder, "ledger.sqlite"));
    await ledger.close();
    await ledger.close();
  }));

test("a call that ends after the ledger's file was removed stands in the next one", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    const ledger = openAt(path);
    ledger.append(createTestRecord({ id: "req_before" }));
    await ledger.flush();
    rmSync(path);
    ledger.append(createTestRecord({ id: "req_after" }));
    await ledger.close();
    const next = openAt(path);
    assert.equal(await next.flush(), true);
    assert.deepEqual(
      (await next.records({})).entries.map(({ record }) => record.id),
      ["req_after"],
    );
    await next.close();
  }));

test("a thread that rests long enough ends, and another one answers the next question", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    await openAt(path).close();
    const thread = new SqliteThread(path, 1);
    const ask = (sql: string): Promise<readonly unknown[]> => thread.query(sql, []);
    await ask("CREATE TEMP TABLE of_this_thread (x)");
    await waitUntil(
      "another thread answers",
      async () => (await ask("SELECT name FROM temp.sqlite_master")).length === 0,
    );
    await thread.close();
  }));

test("a row that the database refuses, or a line that is no row, does not hold up the others", () =>
  inFolder(async (folder) => {
    const path = join(folder, "ledger.sqlite");
    const thread = new SqliteThread(path, 60_000);
    await openAt(path).close();
    const without = { ...createTestRecord({ id: "req_without" }), status: null as unknown as number };
    const odd = {
      ...createTestRecord({ id: "req_odd" }),
      cost: { nanoUsd: 0.5, prices: createTestRecord({ id: "" }).cost!.prices },
    };
    const good = ["req_a", "req_b"].map((id) => createTestRecord({ id }));
    const text = `${linesFromRecords([good[0]!, without, odd])}{"is":"no row"}\n${linesFromRecords([good[1]!])}`;
    const refused = await thread.ask({ kind: "insert", lines: Buffer.from(text) });
    assert.equal(refused.length, 3);
    assert.match(refused[0]!, /NOT NULL constraint failed: calls.status: \[\["req_without"/);
    const rows = await thread.query("SELECT id FROM calls ORDER BY id", []);
    assert.deepEqual(
      rows.map(({ id }) => id),
      ["req_a", "req_b"],
    );
    const [sums] = await thread.query("SELECT SUM(calls) AS calls FROM rollup_day", []);
    assert.equal(Number(sums?.["calls"]), 2);
    await thread.close();
  }));
