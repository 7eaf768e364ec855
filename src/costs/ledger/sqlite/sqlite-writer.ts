/** Rows of the ledger in SQLite: adding, correcting, removing. Synchronous: in whichever thread. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Correction, SqlStatement, SqlValue } from "../ledger.ts";
import {
  bucketOf,
  correctRollupSql,
  rebuildWeekSql,
  RollupGroups,
  rollupKey,
  rollupTables,
  sumForRollup,
  upsertRollupSql,
  weekMs,
} from "../rollup.ts";
import { callColumns, correctionRow, orderedRow } from "../row.ts";
import type { RollupTable } from "../rollup.ts";
import { linesOf } from "../waiting/row-block.ts";
import { rowFromLine } from "../waiting/row-line.ts";

export interface SqliteWriter {
  /**
   * Adds the rows (row-line.ts) that are not there yet, and what they add to the sums. One that SQLite refuses, or that is no
   * row, is left out: it would hold up all others for ever. Answers why, a text for each.
   */
  insert(lines: Uint8Array): readonly string[];
  correct(corrections: readonly Correction[]): number;
  write(statements: readonly SqlStatement[]): void;
  /** Removes a part of what started before: `stage` counts from 0. Answers how many rows; 0: the stage is done. */
  removePart(stage: number, cutoffMs: number): number;
  /** After all stages: takes what was removed out of the week that the cutoff lies in. */
  rebuildWeek(cutoffMs: number): void;
}

/** Removing goes through these stages; `callsStage` counts the calls. */
export const removeStages: number = 1 + rollupTables.length;
export const callsStage = 0;

const stepRows = 500;
/**
 * Where thread and calls share one core, the kernel lets the thread run for up to 4 ms before a call that came meanwhile:
 * after so many rows it gives the core away. A rest that lasts much longer than it was meant to tells of a core that is
 * always busy: with more of them in this batch the thread would fall behind.
 */
const restEveryRows = 16;
const restMs = 0.05;
const longRestMs = 1;
const neverChanges = new Int32Array(new SharedArrayBuffer(4));
/** Too large, a constraint, a mismatch, out of range: https://www.sqlite.org/rescode.html */
const refusalCodes: ReadonlySet<number> = new Set([18, 19, 20, 25]);
/** Of a row that is lost. */
const shownCharacters = 100;
const oldest = (column: string): string =>
  `SELECT ${column} FROM calls WHERE started_at_ms < ? ORDER BY started_at_ms, seq LIMIT ${stepRows}`;
/** Of each stage; the last statement's rows count. To look for corrections first reads all old calls, and few have any. */
const removeSql: readonly (readonly string[])[] = [
  [`DELETE FROM corrections WHERE call_id IN (${oldest("id")})`, `DELETE FROM calls WHERE seq IN (${oldest("seq")})`],
  ...rollupTables.map(({ name, bucketMs }) => [
    `DELETE FROM ${name} WHERE bucket_ms = (SELECT MIN(bucket_ms) FROM ${name}) AND bucket_ms + ${bucketMs} <= ?`,
  ]),
];

/** A writer with its statements prepared. */
export function createSqliteWriter(database: DatabaseSync): SqliteWriter {
  const rollups = rollupTables.map((table) => ({
    table,
    upsert: database.prepare(upsertRollupSql(table, placeholder)),
    correct: database.prepare(correctRollupSql(table, placeholder)),
  }));
  const insertAll = createInsert(database, rollups);
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
    insert: (lines) => insertWhatCan(lines, insertAll),
    correct: (corrections) => inTransaction(database, () => corrections.filter(correctOne).length),
    write: (statements) =>
      inTransaction(database, () => {
        for (const { sql, parameters } of statements) database.prepare(sql).run(...parameters);
      }),
    rebuildWeek: (cutoffMs) =>
      inTransaction(database, () => {
        const startMs = bucketOf(cutoffMs, weekMs);
        const [remove, add] = rebuildWeekSql(() => "?"); // in their order: Node 22 binds no `?1`
        database.prepare(remove).run(startMs);
        database.prepare(add).run(startMs, cutoffMs, startMs + weekMs);
      }),
    removePart: (stage, cutoffMs) =>
      inTransaction(database, () => {
        const changes = removeSql[stage]!.map((sql) => database.prepare(sql).run(cutoffMs).changes);
        return Number(changes.at(-1));
      }),
  };
}

/** Adds the rows of lines, all or none. */
type InsertAll = (lines: Iterable<string>) => void;

function createInsert(
  database: DatabaseSync,
  rollups: readonly { readonly table: RollupTable; readonly upsert: StatementSync }[],
): InsertAll {
  const insertCall = database.prepare(
    `INSERT INTO calls (${callColumns.join(", ")}) VALUES (${callColumns.map(placeholder).join(", ")})
     ON CONFLICT (id) DO NOTHING`,
  );
  return (lines) =>
    inTransaction(database, () => {
      const groups = new RollupGroups();
      let mayRest = true;
      let index = 0;
      // Row by row: all of a batch at once would be moved by the collector while it is written.
      for (const line of lines) {
        if (mayRest && ++index % restEveryRows === 0) mayRest = rest() < longRestMs;
        const row = rowFromLine(line);
        if (insertCall.run(...row).changes === 1) groups.add(row);
      }
      for (const { table, upsert } of rollups) {
        for (const delta of sumForRollup(table, groups.list())) runExact(upsert, delta);
      }
    });
}

/** Lets whoever waits for the core go first. Answers how many milliseconds it took to get it back. */
function rest(): number {
  const before = performance.now();
  Atomics.wait(neverChanges, 0, 0, restMs);
  return performance.now() - before;
}

function insertWhatCan(lines: Uint8Array, insertAll: InsertAll): readonly string[] {
  try {
    insertAll(linesOf(lines));
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  const refusals: string[] = [];
  for (const line of linesOf(lines)) {
    try {
      insertAll([line]);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refusals.push(`${String(error)}: ${line.slice(0, shownCharacters)}`);
    }
  }
  return refusals;
}

function placeholder(): string {
  return "?";
}

/** Whether it is the row that is wrong and not the database: tried again it would fail again. */
function isRefusal(error: unknown): boolean {
  if (error instanceof Error && "errcode" in error) return refusalCodes.has(Number(error.errcode) & 0xff);
  // No line of ours, or values that no database takes.
  return error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError;
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
