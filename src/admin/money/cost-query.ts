/** What questions about costs have in common: their period, filters, page and format, from a query. */
import { dayMs } from "../../core/time/durations.ts";
import { readInstant } from "../../core/time/read-instant.ts";
import type { CacheStatus, Outcome } from "../../core/record.ts";
import type { RecordFilter, SumFilter } from "../../costs/ledger/ledger.ts";
import { toCsv } from "../../costs/reports/csv.ts";
import type { CsvValue } from "../../costs/reports/csv.ts";
import type { AdminAnswer } from "../admin-route.ts";
import { invalid, oneOf, readLimit, textOf } from "../read-request.ts";

export interface Period {
  /** Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
}

const defaultPeriodMs = 7 * dayMs;
/** Years that Date can write: anything else is a slip of the pen. */
const latestMs = Date.UTC(2200, 0);
/** Fewer milliseconds are Unix seconds, or a day as 20261122, and would mean all there is. */
const earliestMs = Date.UTC(2000, 0);

/** `from` and `to`: ISO 8601 (UTC where no offset stands) or Unix milliseconds; default: the last seven days, from midnight UTC on. A day as `to` means its end. */
export function readPeriod(query: URLSearchParams, nowMs: number): Period {
  return periodOf(query.get("from"), query.get("to"), nowMs);
}

/** The same from two texts. Throws GatewayError for what is no time. */
export function periodOf(from: string | null, to: string | null, nowMs: number): Period {
  const toMs = readTime("to", to, dayMs) ?? nowMs;
  const fromMs = readTime("from", from, 0) ?? Math.floor((toMs - defaultPeriodMs) / dayMs) * dayMs;
  if (fromMs >= toMs) throw invalid("from: must be before to");
  return { fromMs, toMs };
}

/** `afterDayMs` is added to a day without a time. */
function readTime(name: string, text: string | null, afterDayMs: number): number | null {
  if (text === null || text === "") return null;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const isCount = /^\d+$/.test(text);
  const ms = (isCount ? Number(text) : readInstant(text)) + (isDay ? afterDayMs : 0);
  const isSlip = isCount && ms > 0 && ms < earliestMs;
  if (ms >= 0 && ms < latestMs && !isSlip) return ms;
  const shapes = "as 2026-11-22, 2026-11-22T08:00:00Z or in Unix milliseconds (13 digits)";
  throw invalid(`${name}: a time ${shapes}, not ${text.slice(0, 40)}`);
}

/** The parameters of a period and of the filters that sums know. */
export const sumParameters: readonly string[] = [
  "from", "to", "user", "team", "tier", "key", "askedModel", "provider", "model", "session",
]; // prettier-ignore

/** The same for single calls, which come in pages. */
export const recordParameters: readonly string[] = [
  ...sumParameters, "id", "outcome", "cacheStatus", "estimated", "limit", "cursor",
]; // prettier-ignore

/** Filters that sums know. */
export function readSumFilter(query: URLSearchParams): SumFilter {
  return {
    user: textOf(query, "user"),
    team: textOf(query, "team"),
    tier: textOf(query, "tier"),
    keyId: textOf(query, "key"),
    askedModel: textOf(query, "askedModel"),
    provider: textOf(query, "provider"),
    model: textOf(query, "model"),
    sessionId: textOf(query, "session"),
  };
}

const outcomes: readonly Outcome[] = ["success", "error", "aborted", "cut"];
const cacheStatuses: readonly CacheStatus[] = ["hit", "miss", "joined", "bypass"];

/** Filters of single calls; without a period all calls are meant. */
export function readRecordFilter(query: URLSearchParams, nowMs: number): RecordFilter {
  const hasPeriod = query.has("from") || query.has("to");
  const estimated = oneOf("estimated", textOf(query, "estimated"), ["true", "false"] as const);
  return {
    ...readSumFilter(query),
    ...(hasPeriod ? readPeriod(query, nowMs) : {}),
    id: textOf(query, "id"),
    outcome: oneOf("outcome", textOf(query, "outcome"), outcomes),
    cacheStatus: oneOf("cacheStatus", textOf(query, "cacheStatus"), cacheStatuses),
    isUsageEstimated: estimated === undefined ? undefined : estimated === "true",
  };
}

/** Most lines of one table. */
export const mostLines = 10_000;

/** How many lines of a table are wanted; a CSV file is whole unless it is asked to be short. */
export function readLineLimit(query: URLSearchParams, otherwise: number): number {
  return readLimit(query, wantsCsv(query) ? mostLines : otherwise, mostLines);
}

/** Where the page before ended; null for the first one. Throws GatewayError for what no page has given. */
export function readCursor(query: URLSearchParams): string | null {
  const text = textOf(query, "cursor");
  if (text === undefined) return null;
  if (!/^\d{1,15}\.\d{1,15}$/.test(text)) throw invalid("cursor: hand back the nextCursor of an earlier answer");
  return text;
}

/** Whether `format=csv` is asked for; JSON otherwise. */
export function wantsCsv(query: URLSearchParams): boolean {
  return oneOf("format", textOf(query, "format"), ["json", "csv"] as const) === "csv";
}

/** Rows as a CSV file. */
export function csvAnswer(
  name: string,
  rows: readonly object[],
  columns: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): AdminAnswer {
  const table = rows as readonly Readonly<Record<string, CsvValue>>[];
  return {
    status: 200,
    contentType: "text/csv; charset=utf-8",
    headers: { "content-disposition": `attachment; filename="${name}.csv"`, ...headers },
    body: toCsv(table, columns),
  };
}
