import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { silentLogger } from "../../../core/log/logging.ts";
import type { Logger } from "../../../core/log/logging.ts";
import { waitUntil } from "../../../../test/kit/wait-until.ts";
import { SqliteThread } from "./sqlite-thread.ts";
import { createWriteAheadLog } from "./write-ahead-log.ts";

interface Place {
  readonly path: string;
  readonly writing: SqliteThread;
  readonly warnings: readonly string[];
  /** Says that so many rows were written. */
  readonly note: (rows: number) => void;
  readonly stop: () => Promise<void>;
}

/** With a file whose one table stands in the write-ahead log alone. */
async function inPlace(run: (place: Place) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ledger-"));
  const path = join(folder, "ledger.sqlite");
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(50000))");
  const threads = { writing: new SqliteThread(path, 60_000), reading: new SqliteThread(path, 60_000) };
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_, message) => void warnings.push(message) };
  const log = createWriteAheadLog(path, threads, logger, 1);
  try {
    await run({ path, writing: threads.writing, warnings, note: (rows) => log.noteRows(rows), stop: () => log.stop() });
  } finally {
    await log.stop();
    await Promise.all([threads.writing.close(), threads.reading.close()]);
    database.close();
    rmSync(folder, { recursive: true });
  }
}

const isMoved = (path: string): boolean => statSync(path).size > 50_000;

test("a log of many rows, even of many small writes, is moved into the file", () =>
  inPlace(async ({ path, warnings, note }) => {
    for (let write = 0; write < 501; write++) note(1);
    await waitUntil("the log is moved", () => isMoved(path));
    assert.deepEqual(warnings, []);
  }));

test("a log of few rows is moved by the thread that writes, if there is one", () =>
  inPlace(async ({ path, writing, note }) => {
    await writing.query("SELECT 1", []);
    note(1);
    await waitUntil("the log is moved", () => isMoved(path));
  }));

test("a log of few rows is synced where it stands, and no thread starts for it", () =>
  inPlace(async ({ path, writing, warnings, note }) => {
    note(1);
    // To see that something was synced: what cannot be synced is told.
    rmSync(`${path}-wal`);
    await waitUntil("the sync was tried", () => warnings.length > 0);
    assert.equal(writing.isStarted, false);
    assert.equal(isMoved(path), false);
    assert.match(warnings[0]!, /could not be brought to the disk/);
  }));

test("a log that is stopped has ended what was under way", (t) =>
  inPlace(async ({ path, writing, note, stop }) => {
    await writing.query("SELECT 1", []);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    note(1);
    t.mock.timers.tick(1);
    await stop();
    assert.equal(isMoved(path), true);
  }));
