/**
 * The ledger in SQLite (`node:sqlite`, WAL): nothing to install, one file.
 *
 * Rows are written on this thread in small batches between calls; whatever reads (reports over a month) or syncs the
 * disk (checkpoints) happens in a worker, so no call waits for it. `synchronous = NORMAL`: a commit is in the
 * operating system's hands before it is acknowledged, so a killed process loses none; docs/money.md has the whole
 * account of what survives what.
 */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import type { Correction, Ledger, SqlValue } from "./ledger.ts";
import { migrations, sqliteWords } from "./migrations/migration.ts";
import { createLedgerReader } from "./reader.ts";
import { bucketOf, correctRollupSql, dayMs, rollupKey, rollupTables, sumForRollup, upsertRollupSql } from "./rollup.ts";
import { callColumns, correctionRow, recordFromRow, rowFromRecord } from "./row.ts";
import { startSqliteWorker } from "./sqlite-worker.ts";
import { createWriteBuffer, defaultWriteBuffer } from "./write-buffer.ts";
import type { WriteBufferSettings } from "./write-buffer.ts";

export interface SqliteLedgerSettings {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly buffer?: WriteBufferSettings;
}

/** Opens (and makes, and migrates) the ledger at `path`. Throws Error where that fails or a newer program wrote it. */
export function createSqliteLedger(settings: SqliteLedgerSettings): Ledger {
  const { path, clock, logger } = settings;
  const database = openDatabase(path);
  const worker = startSqliteWorker(path, logger);
  const writer = createWriter(database);
  const buffer = createWriteBuffer(
    (records) => {
      writer.insert(records);
      worker.noteWritten();
    },
    clock,
    logger,
    settings.buffer ?? defaultWriteBuffer,
  );
  return {
    ...createLedgerReader((sql, parameters) => worker.query(sql, parameters)),
    append: (record) => buffer.append(record),
    flush: () => buffer.flush(),
    correct: async (corrections) => writer.correct(corrections),
    removeBefore: (beforeMs) => removeBefore(database, beforeMs),
    health: () => ({ ...buffer.health(), spilledRows: 0 }),
    tables: {
      query: (sql, parameters) => worker.query(sql, parameters),
      write: async (statements) =>
        inTransaction(database, () => {
          for (const { sql, parameters } of statements) database.prepare(sql).run(...parameters);
        }),
    },
    async close() {
      await buffer.close();
      await worker.close();
      database.close();
    },
  };
}

/** Brings the schema of `database` to `version` (default: the newest), one transaction a step. */
export function migrateSqlite(database: DatabaseSync, version: number = migrations.length): void {
  const current = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (current > migrations.length) {
    throw new Error(
      `the ledger's schema is version ${current}, this program knows ${migrations.length}: use a newer one`,
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < current || index >= version) continue;
    inTransaction(database, () => {
      for (const statement of migration(sqliteWords)) database.exec(statement);
      database.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, "a", 0o600)); // who called what is nobody else's business
  const database = new DatabaseSync(path, { timeout: 200 });
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  // The worker checkpoints; this is the net under it, should it fail to keep up.
  database.exec("PRAGMA wal_autocheckpoint = 20000; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;");
  migrateSqlite(database);
  return database;
}

interface Writer {
  insert(records: readonly CallRecord[]): void;
  correct(corrections: readonly Correction[]): number;
}

function createWriter(database: DatabaseSync): Writer {
  const placeholder = (): string => "?";
  const insertCall = database.prepare(
    `INSERT INTO calls (${callColumns.join(", ")}) VALUES (${callColumns.map(placeholder).join(", ")})
     ON CONFLICT (id) DO NOTHING`,
  );
  const rollups = rollupTables.map((table) => ({
    table,
    upsert: database.prepare(upsertRollupSql(table, placeholder)),
    correct: database.prepare(correctRollupSql(table, placeholder)),
  }));
  const selectCall = database.prepare("SELECT * FROM calls WHERE id = ?");
  const selectCost = database.prepare(
    "SELECT to_nano_usd AS cost FROM corrections WHERE call_id = ? ORDER BY seq DESC LIMIT 1",
  );
  const insertCorrection = database.prepare(
    `INSERT INTO corrections (call_id, at_ms, from_nano_usd, to_nano_usd, prices, reason) VALUES (?, ?, ?, ?, ?, ?)`,
  );

  function correctOne(correction: Correction): boolean {
    const row = selectCall.get(correction.callId);
    if (row === undefined) return false;
    const record = recordFromRow(row);
    const cost = Number(selectCost.get(correction.callId)?.["cost"] ?? record.cost?.nanoUsd ?? 0);
    if (cost !== correction.fromNanoUsd || cost === correction.toNanoUsd) return false;
    insertCorrection.run(...correctionRow(correction));
    const difference = BigInt(correction.toNanoUsd) - BigInt(correction.fromNanoUsd);
    const ofFailed = record.outcome === "success" ? 0n : difference;
    for (const rollup of rollups) rollup.correct.run(difference, ofFailed, ...rollupKey(rollup.table, record));
    return true;
  }

  return {
    insert: (records) =>
      inTransaction(database, () => {
        const fresh = records.filter((record) => insertCall.run(...rowFromRecord(record)).changes === 1);
        for (const rollup of rollups) {
          for (const delta of sumForRollup(rollup.table, fresh)) runExact(rollup.upsert, delta);
        }
      }),
    correct: (corrections) => inTransaction(database, () => corrections.filter(correctOne).length),
  };
}

/** Numbers are bound as 64-bit integers: as doubles, sums beyond 2^53 would lose nano-dollars. */
function runExact(statement: StatementSync, values: readonly SqlValue[]): void {
  statement.run(...values.map((value) => (typeof value === "number" ? BigInt(value) : value)));
}

async function removeBefore(database: DatabaseSync, beforeMs: number): Promise<number> {
  const cutoffMs = bucketOf(beforeMs, dayMs);
  const stepRows = 500;
  const corrections = `DELETE FROM corrections WHERE seq IN (SELECT corrections.seq FROM corrections
    JOIN calls ON calls.id = corrections.call_id WHERE calls.started_at_ms < ? LIMIT ${stepRows})`;
  const calls = `DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE started_at_ms < ? LIMIT ${stepRows})`;
  await repeatUntilNothing(database, corrections, cutoffMs);
  const removed = await repeatUntilNothing(database, calls, cutoffMs);
  for (const { name } of rollupTables) {
    const oldest = `SELECT MIN(bucket_ms) FROM ${name}`;
    const rollups = `DELETE FROM ${name} WHERE bucket_ms = (${oldest}) AND bucket_ms < ?`;
    await repeatUntilNothing(database, rollups, cutoffMs);
  }
  return removed;
}

/** Runs a statement that removes a part, until there is no part left; calls go in between. */
async function repeatUntilNothing(database: DatabaseSync, sql: string, cutoffMs: number): Promise<number> {
  const statement = database.prepare(sql);
  let removed = 0;
  for (;;) {
    const changes = Number(statement.run(cutoffMs).changes);
    if (changes === 0) return removed;
    removed += changes;
    await setImmediate();
  }
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
