import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { silentLogger } from "../../../core/log/logging.ts";
import { systemClock } from "../../../core/time/clock.ts";
import { createTestRecord } from "../test-record.ts";
import { linesFromRecords } from "../waiting/row-line.ts";
import { createInsertRows, fewRows } from "./few-rows.ts";
import type { InsertRows } from "./few-rows.ts";
import { toConnection } from "./sqlite-connection.ts";
import { SqliteThread } from "./sqlite-thread.ts";
import { createSqliteLedger } from "./sqlite.ts";

interface Place {
  readonly path: string;
  readonly thread: SqliteThread;
  readonly insertRows: InsertRows;
  /** Adds so many new rows. */
  readonly add: (rows: number) => Promise<readonly string[]>;
  /** Of the rows in the file. */
  readonly count: () => number;
}

async function inPlace(run: (place: Place) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ledger-"));
  const path = join(folder, "ledger.sqlite");
  await createSqliteLedger({ path, clock: systemClock, logger: silentLogger }).close();
  const thread = new SqliteThread(path, 60_000);
  const database = new DatabaseSync(path, { timeout: 0 });
  const insertRows = createInsertRows(toConnection(database, path), thread);
  let added = 0;
  try {
    await run({
      path,
      thread,
      insertRows,
      add: (rows) => {
        const records = Array.from({ length: rows }, () => createTestRecord({ id: `req_${added++}` }));
        return insertRows(Buffer.from(linesFromRecords(records)), rows);
      },
      count: () => Number(database.prepare("SELECT COUNT(*) AS rows FROM calls").get()?.["rows"]),
    });
  } finally {
    await thread.close();
    database.close();
    rmSync(folder, { recursive: true });
  }
}

test("a few rows are written without a thread, as often as they come", () =>
  inPlace(async ({ thread, add, count }) => {
    for (let batch = 1; batch <= 3; batch++) {
      assert.deepEqual(await add(fewRows), []);
      assert.equal(count(), batch * fewRows);
    }
    assert.equal(thread.isStarted, false);
  }));

test("more rows at once start a thread, which takes few ones too from then on", () =>
  inPlace(async ({ thread, add, count }) => {
    await add(1);
    await add(fewRows + 1);
    assert.equal(thread.isStarted, true);
    const note = "CREATE TEMP TRIGGER note AFTER INSERT ON calls BEGIN INSERT INTO by_thread VALUES (new.id); END";
    const statements = ["CREATE TEMP TABLE by_thread (id)", note].map((sql) => ({ sql, parameters: [] }));
    await thread.ask({ kind: "write", statements });
    assert.deepEqual(await add(1), []);
    assert.equal((await thread.query("SELECT id FROM by_thread", [])).length, 1);
    assert.equal(count(), fewRows + 3);
  }));

test("where another program holds the lock, the thread waits for it and not who serves calls", () =>
  inPlace(async ({ path, thread, add, count }) => {
    await add(1);
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const added = add(1);
    assert.equal(thread.isStarted, true);
    other.exec("ROLLBACK");
    other.close();
    assert.deepEqual(await added, []);
    assert.equal(count(), 2);
  }));

test("a row that the database refuses is told, and no thread is started for it", () =>
  inPlace(async ({ thread, insertRows }) => {
    const [refused] = await insertRows(Buffer.from('{"is":"no row"}\n'), 1);
    assert.match(refused ?? "", /is/);
    assert.equal(thread.isStarted, false);
  }));
