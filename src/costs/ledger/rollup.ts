/**
 * Roll-ups: sums kept beside the calls, so that a month's report reads thousands of rows instead of millions.
 *
 * Five tables with the same measures: by caller, target and hour; the same by UTC day and by week; by target and hour
 * alone; by session and day. A batch of calls is summed here first, so the database is asked once for each distinct
 * group.
 */
import { dayMs, hourMs } from "../../core/time/durations.ts";
import { isServedByCache } from "../../core/record.ts";
import type { CacheStatus } from "../../core/record.ts";
import type { SqlValue } from "./ledger.ts";
import { columnIndex } from "./row.ts";
import type { CallColumn, CallRow } from "./row.ts";

/** Weeks of roll-ups count from the Unix epoch: they begin on Thursdays, which nobody sees. */
export const weekMs: number = 7 * dayMs;

export interface RollupTable {
  readonly name: string;
  /** Length of a bucket in milliseconds. */
  readonly bucketMs: number;
  /** Columns of the primary key after `bucket_ms`, none null; they are called as in `calls`. */
  readonly dimensions: readonly CallColumn[];
}

const callerDimensions: readonly CallColumn[] = [
  "caller_user",
  "team",
  "tier",
  "key_id",
  "asked_model",
  "provider",
  "model",
];

export const rollupTables: readonly RollupTable[] = [
  { name: "rollup_hour", bucketMs: hourMs, dimensions: callerDimensions },
  { name: "rollup_day", bucketMs: dayMs, dimensions: callerDimensions },
  { name: "rollup_week", bucketMs: weekMs, dimensions: callerDimensions },
  { name: "rollup_total", bucketMs: hourMs, dimensions: ["provider", "model"] },
  { name: "rollup_session", bucketMs: dayMs, dimensions: ["session_id", ...callerDimensions] },
];

/** Measure columns, in the order of a delta's values. All are integers. */
export const measureColumns: readonly string[] = [
  "calls",
  "failed_calls",
  "estimated_calls",
  "cached_calls",
  "uncached_input",
  "cache_read",
  "cache_write_5m",
  "cache_write_1h",
  "output",
  "reasoning",
  "server_tool_requests",
  "cost_nano_usd",
  "failed_cost_nano_usd",
  "saved_by_answer_cache",
  "saved_by_prompt_cache",
  "saved_by_routing",
  "duration_ms",
  "first_byte_ms",
  "first_byte_calls",
];

/** What a call adds, in the order of `measureColumns`. */
function measuresOf(row: CallRow): number[] {
  const isFailed = row[columnIndex.outcome] !== "success";
  const cost = numberOf(row, "cost_nano_usd");
  return [
    1,
    Number(isFailed),
    numberOf(row, "is_usage_estimated"),
    Number(isServedByCache({ cacheStatus: row[columnIndex.cache_status] as CacheStatus })),
    numberOf(row, "uncached_input"),
    numberOf(row, "cache_read"),
    numberOf(row, "cache_write_5m"),
    numberOf(row, "cache_write_1h"),
    numberOf(row, "output"),
    numberOf(row, "reasoning"),
    numberOf(row, "server_tool_requests"),
    cost,
    isFailed ? cost : 0,
    numberOf(row, "saved_by_answer_cache"),
    numberOf(row, "saved_by_prompt_cache"),
    numberOf(row, "saved_by_routing"),
    Math.round(numberOf(row, "duration_ms")),
    Math.round(numberOf(row, "first_byte_ms")),
    Number(row[columnIndex.first_byte_ms] !== null),
  ];
}

/** 0 where it is null. */
function numberOf(row: CallRow, column: CallColumn): number {
  return Number(row[columnIndex[column]]);
}

/** What a batch adds to one row of a roll-up table: bucket, dimensions, measures. */
export type RollupDelta = readonly SqlValue[];

/** Calls that are one in every roll-up: an hour, a session, a caller, a target. `sample`: any of them. */
export interface RollupGroup {
  readonly sample: CallRow;
  /** In the order of `measureColumns`. */
  readonly values: number[];
}

/** What tells groups apart. */
const finest: RollupTable = { name: "", bucketMs: hourMs, dimensions: ["session_id", ...callerDimensions] };

/** Rows grouped once for all tables: most calls of a batch are alike. */
export class RollupGroups {
  readonly #groups: RollupGroup[] = [];
  /** Few calls of a session, or of a key without one, differ in anything else: no text of it all is made for each. */
  readonly #near = new Map<SqlValue, RollupGroup[]>();

  /** Adds a row, of which one in each group is kept. */
  add(row: CallRow): void {
    if (row[columnIndex.endpoint] === "count-tokens") return; // costs nothing and would swamp the counts
    const key = row[columnIndex.session_id] ?? row[columnIndex.key_id]!;
    let nearest = this.#near.get(key);
    if (nearest === undefined) this.#near.set(key, (nearest = []));
    const group = nearest.find(({ sample }) => isOneGroup(sample, row));
    if (group !== undefined) {
      addTo(group.values, measuresOf(row));
      return;
    }
    const begun = { sample: row, values: measuresOf(row) };
    nearest.push(begun);
    this.#groups.push(begun);
  }

  list(): readonly RollupGroup[] {
    return this.#groups;
  }
}

/** The groups of these rows. */
export function groupForRollups(rows: Iterable<CallRow>): readonly RollupGroup[] {
  const groups = new RollupGroups();
  for (const row of rows) groups.add(row);
  return groups.list();
}

function isOneGroup(one: CallRow, other: CallRow): boolean {
  const { bucketMs, dimensions } = finest;
  return (
    bucketOf(numberOf(one, "started_at_ms"), bucketMs) === bucketOf(numberOf(other, "started_at_ms"), bucketMs) &&
    dimensions.every((name) => dimension(one, name) === dimension(other, name))
  );
}

/** Sums `groups` for `table`, sorted by key: two writers that lock rows in one order cannot lock each other out. */
export function sumForRollup(table: RollupTable, groups: readonly RollupGroup[]): readonly RollupDelta[] {
  const sums = new Map<string, RollupGroup>();
  for (const { sample, values } of groups) {
    const id = idOf(table, sample);
    const sum = sums.get(id);
    if (sum === undefined) sums.set(id, { sample, values: [...values] });
    else addTo(sum.values, values);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { sample, values }]) => [...rollupKey(table, sample), ...values]);
}

function addTo(values: number[], more: readonly number[]): void {
  for (let index = 0; index < values.length; index++) values[index] = values[index]! + more[index]!;
}

function idOf(table: RollupTable, row: CallRow): string {
  let id = String(bucketOf(numberOf(row, "started_at_ms"), table.bucketMs));
  for (const name of table.dimensions) id += `\u0001${dimension(row, name)}`;
  return id;
}

/** Start of the bucket that holds `atMs`. */
export function bucketOf(atMs: number, bucketMs: number): number {
  return Math.floor(atMs / bucketMs) * bucketMs;
}

/** The statement that adds a delta, for a database with `placeholder(1-based index)`. */
export function upsertRollupSql(table: RollupTable, placeholder: (index: number) => string): string {
  const key = ["bucket_ms", ...table.dimensions];
  const columns = [...key, ...measureColumns];
  const values = columns.map((_, index) => placeholder(index + 1));
  const sets = measureColumns.map((name) => `${name} = ${table.name}.${name} + excluded.${name}`);
  return `INSERT INTO ${table.name} (${columns.join(", ")}) VALUES (${values.join(", ")})
    ON CONFLICT (${key.join(", ")}) DO UPDATE SET ${sets.join(", ")}`;
}

/** Changes the cost of a group after a correction; parameters: difference, part of failed calls, bucket, dimensions. */
export function correctRollupSql(table: RollupTable, placeholder: (index: number) => string): string {
  const where = ["bucket_ms", ...table.dimensions].map((name, index) => `${name} = ${placeholder(index + 3)}`);
  return `UPDATE ${table.name} SET cost_nano_usd = cost_nano_usd + ${placeholder(1)},
    failed_cost_nano_usd = failed_cost_nano_usd + ${placeholder(2)} WHERE ${where.join(" AND ")}`;
}

/**
 * After days have been removed up to a cutoff: the statements that make the week anew that it lies in, from the days
 * that are left. Parameters: start of that week; and for the second, cutoff and end of that week.
 */
export function rebuildWeekSql(placeholder: (index: number) => string): readonly [remove: string, add: string] {
  const columns = [...callerDimensions, ...measureColumns].join(", ");
  const sums = measureColumns.map((name) => `SUM(${name})`).join(", ");
  const key = callerDimensions.join(", ");
  return [
    `DELETE FROM rollup_week WHERE bucket_ms = ${placeholder(1)}`,
    `INSERT INTO rollup_week (bucket_ms, ${columns}) SELECT ${placeholder(1)}, ${key}, ${sums} FROM rollup_day
      WHERE bucket_ms >= ${placeholder(2)} AND bucket_ms < ${placeholder(3)} GROUP BY ${key}`,
  ];
}

/** The key of the group that `row` belongs to. */
export function rollupKey(table: RollupTable, row: CallRow): readonly SqlValue[] {
  const bucketMs = bucketOf(numberOf(row, "started_at_ms"), table.bucketMs);
  return [bucketMs, ...table.dimensions.map((name) => dimension(row, name))];
}

function dimension(row: CallRow, name: CallColumn): string {
  return (row[columnIndex[name]] ?? "") as string;
}
