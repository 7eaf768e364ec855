/**
 * The ledger in SQLite (`node:sqlite`, WAL): nothing to install, one file.
 *
 * Two threads beside the one that serves calls, each there only while it is needed: one writes batches (few-rows.ts), one
 * reads reports and moves a long write-ahead log into the file. No call waits for either. `synchronous = NORMAL`: a commit
 * is in the operating system's hands before it is acknowledged, so a killed process loses none; docs/money.md has the
 * whole account.
 */
import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { dayMs } from "../../../core/time/durations.ts";
import { makeFolder } from "../../../core/files/make-folder.ts";
import type { Clock } from "../../../core/time/clock.ts";
import type { Logger } from "../../../core/log/logging.ts";
import { createRecovery } from "../waiting/journal-recovery.ts";
import { Journal } from "../waiting/journal.ts";
import type { Ledger } from "../ledger.ts";
import { migrations, newerSchemaError, sqliteWords } from "../migrations/all-migrations.ts";
import { createLedgerReader } from "../reader.ts";
import { bucketOf } from "../rollup.ts";
import { createInsertRows } from "./few-rows.ts";
import { toConnection, writingPragmas } from "./sqlite-connection.ts";
import { queryHere } from "./sqlite-query.ts";
import { SqliteThread } from "./sqlite-thread.ts";
import { callsStage, inTransaction, removeStages } from "./sqlite-writer.ts";
import { createWriteAheadLog } from "./write-ahead-log.ts";
import { WriteBuffer } from "../waiting/write-buffer.ts";

export interface SqliteLedgerSettings {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A thread that nobody asked anything for so long ends. */
const threadIdleMs = 60_000;

/** Opens (and makes, and migrates) the ledger at `path`. Throws Error where that fails or a newer program wrote it. */
export function createSqliteLedger({ path, clock, logger }: SqliteLedgerSettings): Ledger {
  const here = toConnection(openFile(path), path);
  const writing = new SqliteThread(path, threadIdleMs);
  const reading = new SqliteThread(path, threadIdleMs);
  const insertRows = createInsertRows(here, writing);
  const log = createWriteAheadLog(path, { writing, reading }, logger);
  const insert = async (lines: Uint8Array, rows: number): Promise<void> => {
    const refused = await insertRows(lines, rows);
    for (const error of refused) logger.error({ error }, "the database refuses this call's row: it is lost");
    log.noteRows(rows);
  };
  const recovery = createRecovery(path, (lines) => insert(Buffer.from(`${lines.join("\n")}\n`), lines.length), logger);
  const buffer = new WriteBuffer({ write: insert, clock, logger, journal: new Journal(path) });
  return {
    ...createLedgerReader((sql, parameters) => reading.query(sql, parameters)),
    append: (record) => buffer.append(record),
    flush: async () => (await recovery.run()) && buffer.flush(),
    correct: (corrections) => writing.ask({ kind: "correct", corrections }),
    removeBefore: (beforeMs) => removeBefore(writing, bucketOf(beforeMs, dayMs)),
    health: () => ({ ...buffer.health(), spilledRows: 0 }),
    tables: {
      query: async (sql, parameters) => queryHere(path, sql, parameters),
      write: (statements) => writing.ask({ kind: "write", statements }),
    },
    async close() {
      await recovery.close();
      await buffer.close();
      await log.stop();
      await reading.close();
      await writing.close();
      here({ kind: "close" });
    },
  };
}

/** Brings the schema of `database` to `version` (default: the newest), one transaction a step. */
export function migrateSqlite(database: DatabaseSync, version: number = migrations.length): void {
  const current = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (current > migrations.length) throw newerSchemaError(current);
  for (const [index, migration] of migrations.entries()) {
    if (index < current || index >= version) continue;
    inTransaction(database, () => {
      for (const statement of migration(sqliteWords)) database.exec(statement);
      database.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

/** The file at `path` with its newest schema, open and from now on not waiting for locks. */
function openFile(path: string): DatabaseSync {
  makeFolder(dirname(path));
  closeSync(openSync(path, "a", 0o600)); // who called what is nobody else's business
  const database = new DatabaseSync(path, { timeout: 2_000 });
  try {
    database.exec(`${writingPragmas} PRAGMA journal_mode = WAL`);
    migrateSqlite(database);
    // Nor moving the log, which a thread does: 80 MB of it take a fifth of a second.
    database.exec("PRAGMA busy_timeout = 0; PRAGMA wal_autocheckpoint = 0");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

async function removeBefore(writing: SqliteThread, cutoffMs: number): Promise<number> {
  let removed = 0;
  for (let stage = 0; stage < removeStages; stage++) {
    for (;;) {
      const rows = await writing.ask({ kind: "remove", stage, cutoffMs }); // batches of new rows go in between
      if (rows === 0) break;
      if (stage === callsStage) removed += rows;
    }
  }
  await writing.ask({ kind: "rebuild-week", cutoffMs });
  return removed;
}
