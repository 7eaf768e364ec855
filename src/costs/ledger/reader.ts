/** Reading the ledger: one set of SQL for both databases, which differ only in their placeholders. */
import { dayMs, hourMs } from "../../core/time/durations.ts";
import { parseJson } from "../../core/json/json.ts";
import type { AppliedPrices } from "../../core/record.ts";
import type {
  Correction,
  Ledger,
  LedgerEntry,
  RecordFilter,
  SqlRow,
  SqlValue,
  SumDimension,
  SumFilter,
  SumQuery,
  SumRow,
} from "./ledger.ts";
import { bucketOf, measureColumns, weekMs } from "./rollup.ts";
import { recordFromRow, usageFromRow } from "./row.ts";

/** Runs a query; `placeholders` in the SQL are `?`, whatever the database writes. */
export type RunQuery = (sql: string, parameters: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

/** The reading half of a ledger. */
export function createLedgerReader(run: RunQuery): Pick<Ledger, "records" | "sums" | "spent"> {
  return {
    async records(filter, { limit = 100, cursor = null } = {}) {
      const size = Math.min(Math.max(1, Math.floor(limit)), 1000);
      const rows = await run(...recordsSql(filter, size + 1, cursor));
      const page = rows.slice(0, size);
      const corrections = await readCorrections(run, page);
      const last = page.at(-1);
      const hasMore = rows.length > size && last !== undefined;
      return {
        entries: page.map((row) => toEntry(row, corrections.get(String(row["id"])) ?? [])),
        nextCursor: hasMore ? `${String(last["started_at_ms"])}.${String(last["seq"])}` : null,
      };
    },
    async sums(query) {
      const rows = await run(...sumsSql(query));
      return rows.filter((row) => row["calls"] !== null).map((row) => toSumRow(row, query.by));
    },
    async spent({ fromMs, toMs, filter }) {
      const fullMs = Math.max(fromMs, bucketOf(toMs, hourMs));
      // The first call of each user in a window asks this: all measures would take twice as long.
      const query = { fromMs, toMs: fullMs, by: [], filter };
      const whole = fullMs === fromMs ? [] : await run(...sumsSql(query, ["cost_nano_usd"]));
      const rest = fullMs === toMs ? [] : await run(...spentSql(fullMs, toMs, filter));
      const found = [...whole, ...rest].filter((row) => row["cost_nano_usd"] !== null);
      return found.reduce((sum, row) => sum + moneyIn(row, "cost_nano_usd"), 0n);
    },
  };
}

/** Rows of `calls` for `filter`, newest first. */
function recordsSql(filter: RecordFilter, limit: number, cursor: string | null): [string, SqlValue[]] {
  const conditions: string[] = [];
  const parameters: SqlValue[] = [];
  const add = (condition: string, ...values: SqlValue[]): void => {
    conditions.push(condition);
    parameters.push(...values);
  };
  if (filter.fromMs !== undefined) add("started_at_ms >= ?", filter.fromMs);
  if (filter.toMs !== undefined) add("started_at_ms < ?", filter.toMs);
  for (const [column, value] of equalities(filter)) add(`${column} = ?`, value);
  if (filter.id !== undefined) add("id = ?", filter.id);
  if (filter.outcome !== undefined) add("outcome = ?", filter.outcome);
  // Without these words the index of calls that failed is not taken.
  if (filter.outcome !== undefined && filter.outcome !== "success") add("outcome <> 'success'");
  if (filter.cacheStatus !== undefined) add("cache_status = ?", filter.cacheStatus);
  if (filter.isUsageEstimated !== undefined) add("is_usage_estimated = ?", Number(filter.isUsageEstimated));
  if (cursor !== null) {
    const [startedAtMs, seq] = parseCursor(cursor);
    add("(started_at_ms, seq) < (?, ?)", startedAtMs, seq);
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  return [`SELECT * FROM calls ${where} ORDER BY started_at_ms DESC, seq DESC LIMIT ?`, [...parameters, limit]];
}

/** Costs of single calls, each as its last correction has it. */
function spentSql(fromMs: number, toMs: number, filter: SumFilter = {}): [string, SqlValue[]] {
  const filters = equalities(filter);
  const counted = ["endpoint <> 'count-tokens'", "started_at_ms >= ?", "started_at_ms < ?"]; // as sums
  const where = [...counted, ...filters.map(([column]) => `${column} = ?`)];
  const corrected = "SELECT to_nano_usd FROM corrections WHERE call_id = calls.id ORDER BY seq DESC LIMIT 1";
  return [
    `SELECT SUM(COALESCE((${corrected}), cost_nano_usd)) AS cost_nano_usd FROM calls WHERE ${where.join(" AND ")}`,
    [fromMs, toMs, ...filters.map(([, value]) => value)],
  ];
}

function parseCursor(cursor: string): [number, number] {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor);
  if (match === null) throw new RangeError(`not a cursor of this ledger: ${cursor}`);
  return [Number(match[1]), Number(match[2])];
}

const groupColumns: Readonly<Record<SumDimension, string>> = {
  user: "caller_user",
  team: "team",
  tier: "tier",
  key: "key_id",
  askedModel: "asked_model",
  model: "model",
  provider: "provider",
  session: "session_id",
  day: `bucket_ms / ${dayMs} * ${dayMs}`,
  hour: "bucket_ms",
  hourOfDay: `bucket_ms / ${hourMs} % 24`,
};

/** Sums over the smallest roll-ups that answer the query. */
function sumsSql(query: SumQuery, measures = measureColumns): [string, SqlValue[]] {
  const { by, filter = {}, limit = 10_000 } = query;
  const filters = equalities(filter);
  const parameters: SqlValue[] = [];
  const parts = toRanges(query).map(({ table, fromMs, toMs }) => {
    const where = ["bucket_ms >= ?", "bucket_ms < ?", ...filters.map(([column]) => `${column} = ?`)].join(" AND ");
    const values = [fromMs, toMs, ...filters.map(([, value]) => value)];
    parameters.push(...values);
    const columns = [...new Set(["bucket_ms", ...by.flatMap(plainColumn), ...measures])].join(", ");
    if (by.length !== 1 || by[0] !== "session") return `SELECT ${columns} FROM ${table} WHERE ${where}`;
    // Sessions are many and few are shown: their money alone finds which, before all is summed for those.
    parameters.push(...values, limit);
    return `SELECT ${columns} FROM ${table} WHERE ${where} AND session_id IN (SELECT session_id FROM ${table}
      WHERE ${where} GROUP BY session_id ORDER BY SUM(cost_nano_usd) DESC, session_id LIMIT ?)`;
  });
  const groups = by.map((dimension) => `${groupColumns[dimension]} AS g_${dimension.toLowerCase()}`);
  const totals = measures.map((column) => `SUM(${column}) AS ${column}`);
  const groupBy = by.length === 0 ? "" : `GROUP BY ${by.map((_, index) => String(index + 1)).join(", ")}`;
  const sql = `SELECT ${[...groups, ...totals].join(", ")} FROM (${parts.join(" UNION ALL ")}) AS buckets
    ${groupBy} ORDER BY SUM(cost_nano_usd) DESC LIMIT ?`;
  return [sql, [...parameters, limit]];
}

function plainColumn(dimension: SumDimension): string[] {
  const column = groupColumns[dimension];
  return column.startsWith("bucket_ms") ? [] : [column];
}

interface Range {
  readonly table: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const totalColumns = new Set(["provider", "model"]);

function toRanges({ fromMs, toMs, by, filter = {} }: SumQuery): Range[] {
  const columns = [...by.flatMap(plainColumn), ...equalities(filter).map(([column]) => column)];
  const needsHours = by.includes("hour") || by.includes("hourOfDay");
  const needsSession = columns.includes("session_id");
  if (needsSession && needsHours) throw new RangeError("sums by session are kept by day, not by hour");
  const step = needsSession ? dayMs : hourMs;
  const from = bucketOf(fromMs, step);
  const to = -bucketOf(-toMs, step);
  if (needsSession) return [{ table: "rollup_session", fromMs: from, toMs: to }];
  if (columns.every((column) => totalColumns.has(column))) return [{ table: "rollup_total", fromMs: from, toMs: to }];
  if (needsHours) return [{ table: "rollup_hour", fromMs: from, toMs: to }];
  return splitRange(by.includes("day") ? callerTables.slice(1) : callerTables, from, to);
}

/** Sums by caller, the longest buckets first. */
const callerTables = [
  { table: "rollup_week", bucketMs: weekMs },
  { table: "rollup_day", bucketMs: dayMs },
  { table: "rollup_hour", bucketMs: hourMs },
] as const;

/** Whole buckets of the first table, the edges from the next one. */
function splitRange(
  [longest, ...shorter]: readonly (typeof callerTables)[number][],
  from: number,
  to: number,
): Range[] {
  if (longest === undefined || from >= to) return [];
  const { table, bucketMs } = longest;
  const [fromMs, toMs] = [-bucketOf(-from, bucketMs), bucketOf(to, bucketMs)];
  if (fromMs >= toMs) return splitRange(shorter, from, to);
  return [...splitRange(shorter, from, fromMs), { table, fromMs, toMs }, ...splitRange(shorter, toMs, to)];
}

function equalities(filter: RecordFilter): [string, string][] {
  const pairs: [string, string | undefined][] = [
    ["session_id", filter.sessionId],
    ["caller_user", filter.user],
    ["team", filter.team],
    ["tier", filter.tier],
    ["key_id", filter.keyId],
    ["asked_model", filter.askedModel],
    ["provider", filter.provider],
    ["model", filter.model],
  ];
  return pairs.filter((pair): pair is [string, string] => pair[1] !== undefined);
}

async function readCorrections(run: RunQuery, page: readonly SqlRow[]): Promise<Map<string, Correction[]>> {
  const found = new Map<string, Correction[]>();
  if (page.length === 0) return found;
  const ids = page.map((row) => String(row["id"]));
  const rows = await run(
    `SELECT * FROM corrections WHERE call_id IN (${ids.map(() => "?").join(", ")}) ORDER BY seq`,
    ids,
  );
  for (const row of rows) {
    const callId = String(row["call_id"]);
    found.set(callId, [...(found.get(callId) ?? []), toCorrection(row, callId)]);
  }
  return found;
}

function toCorrection(row: SqlRow, callId: string): Correction {
  return {
    atMs: Number(row["at_ms"]),
    callId,
    fromNanoUsd: Number(row["from_nano_usd"]),
    toNanoUsd: Number(row["to_nano_usd"]),
    prices: parseJson(String(row["prices"])) as unknown as AppliedPrices,
    reason: String(row["reason"]),
  };
}

function toEntry(row: SqlRow, corrections: readonly Correction[]): LedgerEntry {
  const record = recordFromRow(row);
  return { record, corrections, costNanoUsd: corrections.at(-1)?.toNanoUsd ?? record.cost?.nanoUsd ?? null };
}

function toSumRow(row: SqlRow, by: readonly SumDimension[]): SumRow {
  return {
    group: Object.fromEntries(by.map((dimension) => [dimension, String(row[`g_${dimension.toLowerCase()}`])])),
    calls: Number(row["calls"]),
    failedCalls: Number(row["failed_calls"]),
    estimatedCalls: Number(row["estimated_calls"]),
    cachedCalls: Number(row["cached_calls"]),
    usage: usageFromRow(row),
    costNanoUsd: moneyIn(row, "cost_nano_usd"),
    failedCostNanoUsd: moneyIn(row, "failed_cost_nano_usd"),
    savedByAnswerCacheNanoUsd: moneyIn(row, "saved_by_answer_cache"),
    savedByPromptCacheNanoUsd: moneyIn(row, "saved_by_prompt_cache"),
    savedByRoutingNanoUsd: moneyIn(row, "saved_by_routing"),
    durationMs: Number(row["duration_ms"]),
    firstByteMs: Number(row["first_byte_ms"]),
    firstByteCalls: Number(row["first_byte_calls"]),
  };
}

function moneyIn(row: SqlRow, column: string): bigint {
  return BigInt(String(row[column]));
}
