/** Rows of the ledger in SQLite: adding, correcting, removing. Synchronous: runs in the ledger's writing thread. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Correction, SqlStatement, SqlValue } from "./ledger.ts";
import {
  bucketOf,
  correctRollupSql,
  groupForRollups,
  rebuildWeekSql,
  rollupKey,
  rollupTables,
  sumForRollup,
  upsertRollupSql,
  weekMs,
} from "./rollup.ts";
import { callColumns, correctionRow, orderedRow } from "./row.ts";
import type { CallRow } from "./row.ts";

export interface SqliteWriter {
  /** Adds the rows that are not there yet, and what they add to the sums. */
  insert(rows: readonly CallRow[]): void;
  correct(corrections: readonly Correction[]): number;
  write(statements: readonly SqlStatement[]): void;
  /** Removes a part of what started before: `stage` counts from 0. Answers how many rows; 0: the stage is done. */
  removePart(stage: number, cutoffMs: number): number;
  /** After all stages: takes what was removed out of the week that the cutoff lies in. */
  rebuildWeek(cutoffMs: number): void;
}

/** Removing goes through these stages; `callsStage` counts the calls. */
export const removeStages: number = 2 + rollupTables.length;
export const callsStage = 1;

const stepRows = 500;
const removeSql: readonly string[] = [
  `DELETE FROM corrections WHERE seq IN (SELECT corrections.seq FROM corrections
    JOIN calls ON calls.id = corrections.call_id WHERE calls.started_at_ms < ? LIMIT ${stepRows})`,
  `DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE started_at_ms < ? LIMIT ${stepRows})`,
  ...rollupTables.map(
    ({ name, bucketMs }) =>
      `DELETE FROM ${name} WHERE bucket_ms = (SELECT MIN(bucket_ms) FROM ${name}) AND bucket_ms + ${bucketMs} <= ?`,
  ),
];

/** A writer with its statements prepared. */
export function createSqliteWriter(database: DatabaseSync): SqliteWriter {
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
    const cost = Number(selectCost.get(correction.callId)?.["cost"] ?? row["cost_nano_usd"] ?? 0);
    if (cost !== correction.fromNanoUsd || cost === correction.toNanoUsd) return false;
    insertCorrection.run(...correctionRow(correction));
    const difference = BigInt(correction.toNanoUsd) - BigInt(correction.fromNanoUsd);
    const ofFailed = row["outcome"] === "success" ? 0n : difference;
    const ordered = orderedRow(row);
    for (const rollup of rollups) rollup.correct.run(difference, ofFailed, ...rollupKey(rollup.table, ordered));
    return true;
  }

  return {
    insert: (rows) =>
      inTransaction(database, () => {
        const fresh = rows.filter((row) => insertCall.run(...row).changes === 1);
        const groups = groupForRollups(fresh);
        for (const rollup of rollups) {
          for (const delta of sumForRollup(rollup.table, groups)) runExact(rollup.upsert, delta);
        }
      }),
    correct: (corrections) => inTransaction(database, () => corrections.filter(correctOne).length),
    write: (statements) =>
      inTransaction(database, () => {
        for (const { sql, parameters } of statements) database.prepare(sql).run(...parameters);
      }),
    rebuildWeek: (cutoffMs) =>
      inTransaction(database, () => {
        const startMs = bucketOf(cutoffMs, weekMs);
        const [remove, add] = rebuildWeekSql((index) => `?${index}`);
        database.prepare(remove).run(startMs);
        database.prepare(add).run(startMs, cutoffMs, startMs + weekMs);
      }),
    removePart: (stage, cutoffMs) => Number(database.prepare(removeSql[stage] ?? "").run(cutoffMs).changes),
  };
}

/** Numbers are bound as 64-bit integers: as doubles, sums beyond 2^53 would lose nano-dollars. */
function runExact(statement: StatementSync, values: readonly SqlValue[]): void {
  statement.run(...values.map((value) => (typeof value === "number" ? BigInt(value) : value)));
}

/** Runs `work` in a transaction: all of it or nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
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
