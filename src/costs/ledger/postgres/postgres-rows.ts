/** Rows of the ledger in PostgreSQL: adding, correcting, removing. */
import type { Pool, PoolClient } from "pg";
import type { Correction, SqlRow } from "../ledger.ts";
import {
  bucketOf,
  correctRollupSql,
  groupForRollups,
  rebuildWeekSql,
  rollupTables,
  sumForRollup,
  upsertRollupSql,
  weekMs,
} from "../rollup.ts";
import { callColumns, columnIndex, correctionRow, orderedRow } from "../row.ts";
import type { RollupGroup } from "../rollup.ts";
import type { CallRow } from "../row.ts";

const placeholder = (index: number): string => `$${index}`;
const upserts = rollupTables.map((table) => ({ table, sql: upsertRollupSql(table, placeholder) }));

/** Adds the rows that are not there yet, and what they add to the sums. Inside a transaction. */
export async function insertCalls(client: PoolClient, rows: readonly CallRow[]): Promise<void> {
  if (rows.length === 0) return;
  const width = callColumns.length;
  const places = rows.map(
    (_, row) => `(${callColumns.map((_column, column) => placeholder(row * width + column + 1)).join(", ")})`,
  );
  const { rows: inserted } = await client.query<{ id: string }>(
    `INSERT INTO calls (${callColumns.join(", ")}) VALUES ${places.join(", ")} ON CONFLICT (id) DO NOTHING RETURNING id`,
    rows.flat(),
  );
  const fresh = new Set(inserted.map((row) => row.id));
  // A row that stands twice in one batch was inserted once: it counts once.
  const counted = rows.filter((row) => fresh.delete(row[columnIndex.id] as string));
  const groups = groupForRollups(counted);
  for (const { table, sql } of upserts) {
    for (const delta of sumForRollup(table, groups)) await client.query(sql, [...delta]);
  }
}

/** Adds correction rows and carries the differences into the sums. Inside a transaction. */
export async function correctCalls(client: PoolClient, corrections: readonly Correction[]): Promise<number> {
  const groups: RollupGroup[] = [];
  for (const correction of corrections) {
    const { callId, fromNanoUsd, toNanoUsd } = correction;
    const found = await client.query<SqlRow>("SELECT * FROM calls WHERE id = $1 FOR UPDATE", [callId]);
    const row = found.rows[0];
    if (row === undefined) continue;
    const latest = await client.query<{ cost: string }>(
      "SELECT to_nano_usd AS cost FROM corrections WHERE call_id = $1 ORDER BY seq DESC LIMIT 1",
      [callId],
    );
    const cost = Number(latest.rows[0]?.cost ?? row["cost_nano_usd"] ?? 0);
    if (cost !== fromNanoUsd || cost === toNanoUsd) continue;
    await client.query(
      `INSERT INTO corrections (call_id, at_ms, from_nano_usd, to_nano_usd, prices, reason)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      correctionRow(correction),
    );
    const difference = toNanoUsd - fromNanoUsd;
    const ofFailed = row["outcome"] === "success" ? 0 : difference;
    groups.push({ sample: orderedRow(row), values: [difference, ofFailed] });
  }
  for (const table of rollupTables) {
    for (const delta of sumForRollup(table, groups)) {
      await client.query(correctRollupSql(table, placeholder), [...delta.slice(-2), ...delta.slice(0, -2)]);
    }
  }
  return groups.length;
}

/** Takes removed days out of the week that the cutoff lies in. Inside a transaction. */
export async function rebuildWeek(client: PoolClient, cutoffMs: number): Promise<void> {
  const startMs = bucketOf(cutoffMs, weekMs);
  const [remove, add] = rebuildWeekSql((index) => `$${index}::bigint`);
  // Rows of this week must not come in between: they wait for this lock.
  await client.query("LOCK TABLE rollup_week IN SHARE ROW EXCLUSIVE MODE");
  await client.query(remove, [startMs]);
  await client.query(add, [startMs, cutoffMs, startMs + weekMs]);
}

/** Removes what started before, in steps. Answers how many calls. */
export async function removeBefore(pool: Pool, cutoffMs: number): Promise<number> {
  const stepRows = 2_000;
  // To look for the corrections of all old calls first would read these in each step, and few have any.
  const calls = `WITH old AS (SELECT seq, id FROM calls WHERE started_at_ms < $1 ORDER BY started_at_ms, seq LIMIT ${stepRows}),
    corrected AS (DELETE FROM corrections WHERE call_id IN (SELECT id FROM old))
    DELETE FROM calls WHERE seq IN (SELECT seq FROM old)`;
  const ofRollup = (name: string, bucketMs: number): string => `DELETE FROM ${name} WHERE ctid IN
    (SELECT ctid FROM ${name} WHERE bucket_ms <= $1::bigint - ${bucketMs} LIMIT ${stepRows})`;
  const steps = [calls, ...rollupTables.map(({ name, bucketMs }) => ofRollup(name, bucketMs))];
  let removed = 0;
  for (const sql of steps) {
    for (;;) {
      const { rowCount } = await pool.query(sql, [cutoffMs]);
      if (sql === calls) removed += rowCount ?? 0;
      if ((rowCount ?? 0) < stepRows) break;
    }
  }
  return removed;
}
