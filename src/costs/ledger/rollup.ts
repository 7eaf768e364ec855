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

/** Sums `records` for `table`, sorted by key: two writers that lock rows in one order cannot lock each other out. */
export function sumForRollup(table: RollupTable, records: readonly CallRecord[]): readonly RollupDelta[] {
  const sums = new Map<string, { readonly key: readonly SqlValue[]; readonly values: number[] }>();
  for (const record of records) {
    if (record.endpoint === "count-tokens") continue; // costs nothing and would swamp the counts
    const key = [
      bucketOf(record.startedAtMs, table.bucketMs),
      ...table.dimensions.map((name) => dimension(name, record)),
    ];
    const id = key.join("\u0001");
    let sum = sums.get(id);
    if (sum === undefined) sums.set(id, (sum = { key, values: measureGetters.map(() => 0) }));
    for (const [index, get] of measureGetters.entries()) sum.values[index] = (sum.values[index] ?? 0) + get(record);
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => [...sum.key, ...sum.values]);
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
