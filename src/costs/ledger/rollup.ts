/**
 * Roll-ups: sums kept beside the calls, so that a month's report reads thousands of rows instead of millions.
 *
 * Five tables with the same measures: by caller, target and hour; the same by UTC day and by week; by target and hour
 * alone; by session and day. A batch of calls is summed
 * here first, so the database is asked once for each distinct group.
 */
import { isServedByCache } from "../../core/record.ts";
import type { CallRecord } from "../../core/record.ts";
import type { SqlValue } from "./ledger.ts";

export const hourMs = 3_600_000;
export const dayMs = 86_400_000;
/** Weeks of roll-ups count from the Unix epoch: they begin on Thursdays, which nobody sees. */
export const weekMs: number = 7 * dayMs;

export interface RollupTable {
  readonly name: string;
  /** Length of a bucket in milliseconds. */
  readonly bucketMs: number;
  /** Columns of the primary key after `bucket_ms`, none null. */
  readonly dimensions: readonly string[];
}

const callerDimensions = ["caller_user", "team", "tier", "key_id", "asked_model", "provider", "model"];

export const rollupTables: readonly RollupTable[] = [
  { name: "rollup_hour", bucketMs: hourMs, dimensions: callerDimensions },
  { name: "rollup_day", bucketMs: dayMs, dimensions: callerDimensions },
  { name: "rollup_week", bucketMs: weekMs, dimensions: callerDimensions },
  { name: "rollup_total", bucketMs: hourMs, dimensions: ["provider", "model"] },
  { name: "rollup_session", bucketMs: dayMs, dimensions: ["session_id", ...callerDimensions] },
];

const measures: Readonly<Record<string, (record: CallRecord) => number>> = {
  calls: () => 1,
  failed_calls: (record) => Number(record.outcome !== "success"),
  estimated_calls: (record) => Number(record.isUsageEstimated),
  cached_calls: (record) => Number(isServedByCache(record)),
  uncached_input: (record) => record.usage?.uncachedInput ?? 0,
  cache_read: (record) => record.usage?.cacheRead ?? 0,
  cache_write_5m: (record) => record.usage?.cacheWrite5m ?? 0,
  cache_write_1h: (record) => record.usage?.cacheWrite1h ?? 0,
  output: (record) => record.usage?.output ?? 0,
  reasoning: (record) => record.usage?.reasoning ?? 0,
  server_tool_requests: (record) => record.usage?.serverToolRequests ?? 0,
  cost_nano_usd: (record) => record.cost?.nanoUsd ?? 0,
  failed_cost_nano_usd: (record) => (record.outcome === "success" ? 0 : (record.cost?.nanoUsd ?? 0)),
  saved_by_answer_cache: (record) => record.savings?.answerCache ?? 0,
  saved_by_prompt_cache: (record) => record.savings?.promptCache ?? 0,
  saved_by_routing: (record) => record.savings?.routing ?? 0,
  duration_ms: (record) => Math.round(record.durationMs),
  first_byte_ms: (record) => Math.round(record.firstByteMs ?? 0),
  first_byte_calls: (record) => Number(record.firstByteMs !== null),
};

/** Measure columns, in the order of a delta's values. All are integers. */
export const measureColumns: readonly string[] = Object.keys(measures);
const measureGetters = Object.values(measures);

/** What a batch adds to one row of a roll-up table: bucket, dimensions, measures. */
export type RollupDelta = readonly SqlValue[];

/** Calls that are one in every roll-up: an hour, a session, a caller, a target. `sample`: any of them. */
export interface RollupGroup {
  readonly sample: CallRecord;
  /** In the order of `measureColumns`. */
  readonly values: number[];
}

/** What tells groups apart. */
const finest: RollupTable = { name: "", bucketMs: hourMs, dimensions: ["session_id", ...callerDimensions] };

/** Groups the records once for all tables: most calls of a batch are alike. */
export function groupForRollups(records: readonly CallRecord[]): readonly RollupGroup[] {
  const groups = new Map<string, RollupGroup>();
  for (const record of records) {
    if (record.endpoint === "count-tokens") continue; // costs nothing and would swamp the counts
    const id = idOf(finest, record);
    let group = groups.get(id);
    if (group === undefined) groups.set(id, (group = { sample: record, values: measureGetters.map(() => 0) }));
    addTo(group.values, (index) => measureGetters[index]!(record));
  }
  return [...groups.values()];
}

/** Sums `groups` for `table`, sorted by key: two writers that lock rows in one order cannot lock each other out. */
export function sumForRollup(table: RollupTable, groups: readonly RollupGroup[]): readonly RollupDelta[] {
  const sums = new Map<string, RollupGroup>();
  for (const { sample, values } of groups) {
    const id = idOf(table, sample);
    const sum = sums.get(id);
    if (sum === undefined) sums.set(id, { sample, values: [...values] });
    else addTo(sum.values, (index) => values[index]!);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { sample, values }]) => [...rollupKey(table, sample), ...values]);
}

function addTo(values: number[], more: (index: number) => number): void {
  for (let index = 0; index < values.length; index++) values[index] = values[index]! + more(index);
}

function idOf(table: RollupTable, record: CallRecord): string {
  let id = String(bucketOf(record.startedAtMs, table.bucketMs));
  for (const name of table.dimensions) id += `\u0001${dimension(name, record)}`;
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

/** The key of the group that `record` belongs to. */
export function rollupKey(table: RollupTable, record: CallRecord): readonly SqlValue[] {
  return [bucketOf(record.startedAtMs, table.bucketMs), ...table.dimensions.map((name) => dimension(name, record))];
}

function dimension(name: string, record: CallRecord): string {
  switch (name) {
    case "caller_user":
      return record.caller.user;
    case "team":
      return record.caller.team ?? "";
    case "tier":
      return record.caller.tier;
    case "key_id":
      return record.caller.keyId;
    case "asked_model":
      return record.askedModel;
    case "provider":
      return record.target?.provider ?? "";
    case "model":
      return record.target?.model ?? "";
    default:
      return record.client.sessionId ?? "";
  }
}
