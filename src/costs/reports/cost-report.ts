/**
 * The cost report: who spent how much on what, what was saved, where it is going.
 *
 * Everything comes from the ledger's roll-ups. Money is in US dollars here: this is an edge.
 */
import { dayMs, hourMs } from "../../core/time/durations.ts";
import { usdFromSum } from "../../core/money.ts";
import { totalInput } from "../../core/usage.ts";
import type { Ledger, SumDimension, SumFilter, SumRow, Sums } from "../ledger/ledger.ts";
import { bucketOf } from "../ledger/rollup.ts";
import { addSums } from "./add-sums.ts";
import { readTrends } from "./read-trends.ts";
import { savingsReportOf } from "./savings-report.ts";
import type { SavingsReport } from "./savings-report.ts";
import type { CostTrends } from "./trends.ts";

export interface CostReportRequest {
  /** Unix milliseconds; rounded outwards to whole UTC hours. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Only these calls. */
  readonly filter?: SumFilter | undefined;
  /** Lines of each breakdown, the dearest ones; default 50. */
  readonly limit?: number | undefined;
  readonly nowMs: number;
}

/** One line of a breakdown. */
export interface CostLine {
  /** User, model, provider, … ; "" where a call has none. */
  readonly name: string;
  readonly calls: number;
  readonly failedCalls: number;
  readonly cachedCalls: number;
  readonly costUsd: number;
  /** The part that went to calls that failed. */
  readonly failedCostUsd: number;
  /** Of the report's total cost; 0 where that is nothing. */
  readonly share: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
  readonly averageCostUsd: number;
  readonly averageDurationMs: number;
  readonly averageFirstByteMs: number | null;
}

/** The columns of a table of lines. */
export const costLineColumns: readonly (keyof CostLine)[] = [
  "name", "calls", "failedCalls", "cachedCalls", "costUsd", "failedCostUsd", "share", "inputTokens", "cacheReadTokens",
  "outputTokens", "averageCostUsd", "averageDurationMs", "averageFirstByteMs",
]; // prettier-ignore

export interface CostReport {
  readonly period: { readonly start: string; readonly end: string };
  readonly total: CostLine;
  readonly byProvider: readonly CostLine[];
  readonly byModel: readonly CostLine[];
  readonly byUser: readonly CostLine[];
  readonly byTeam: readonly CostLine[];
  readonly bySession: readonly CostLine[];
  /** In the order of time, names as `2026-11-22`. */
  readonly byDay: readonly CostLine[];
  /** Hours of the day (UTC), names `0` to `23`. None for one session: its sums are kept by day. */
  readonly byHourOfDay: readonly CostLine[];
  readonly savings: SavingsReport;
  readonly trends: CostTrends;
}

/** Users times their models: more than any organisation has. */
const maxGroups = 1_000_000;

/** The report for `request`. Rejects where the ledger cannot be read. */
export async function generateCostReport(ledger: Ledger, request: CostReportRequest): Promise<CostReport> {
  const { fromMs, toMs, filter, limit = 50, nowMs } = request;
  const sumsBy = (by: readonly SumDimension[], size: number): Promise<readonly SumRow[]> =>
    ledger.sums({ fromMs, toMs: endOf(request), by, filter, limit: size });
  // One pass over the callers' sums serves five breakdowns: that table is the large one.
  const [callers, sessions, days, hours, trends] = await Promise.all([
    sumsBy(["user", "team", "provider", "model"], maxGroups),
    sumsBy(["session"], limit),
    sumsBy(["day"], maxGroups),
    filter?.sessionId === undefined ? sumsBy(["hourOfDay"], 24) : [],
    readTrends(ledger, filter, nowMs),
  ]);
  const total = addSums(callers);
  const lines = (rows: readonly SumRow[], dimension: SumDimension): CostLine[] =>
    rows.map((row) => toCostLine(nameOf(row, dimension), row, total));
  const dearest = (dimension: SumDimension): CostLine[] =>
    [...Map.groupBy(callers, (row) => nameOf(row, dimension))]
      .map(([name, rows]) => toCostLine(name, addSums(rows), total))
      .sort((a, b) => b.costUsd - a.costUsd)
      .slice(0, limit);
  return {
    period: { start: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() },
    total: toCostLine("total", total, total),
    byProvider: dearest("provider"),
    byModel: dearest("model"),
    byUser: dearest("user"),
    byTeam: dearest("team"),
    bySession: lines(sessions, "session"),
    byDay: lines(days, "day").sort((a, b) => (a.name < b.name ? -1 : 1)),
    byHourOfDay: lines(hours, "hourOfDay").sort((a, b) => Number(a.name) - Number(b.name)),
    savings: savingsReportOf(total),
    trends,
  };
}

export interface BreakdownRequest extends CostReportRequest {
  /** Only lines with this in their names, in letters of either case. */
  readonly contains?: string | undefined;
}

/** Lines of one breakdown, as `ccr costs --by` prints them: the dearest by cost; of time the latest, in its order. */
export async function generateBreakdown(
  ledger: Ledger,
  by: SumDimension,
  request: BreakdownRequest,
): Promise<readonly CostLine[]> {
  const { fromMs, filter, limit = 50, contains = "" } = request;
  const toMs = endOf(request);
  const isTime = by === "day" || by === "hour";
  const [rows, totals] = await Promise.all([
    ledger.sums({ fromMs, toMs, by: [by], filter, limit: isTime || contains !== "" ? maxGroups : limit }),
    ledger.sums({ fromMs, toMs, by: [], filter }),
  ]);
  const wanted = contains.toLowerCase();
  // Not by the database: those of SQLite and PostgreSQL differ in which letters are one in either case.
  const found = rows.filter((row) => nameOf(row, by).toLowerCase().includes(wanted));
  const kept = isTime ? found : found.slice(0, limit);
  const lines = kept.map((row) => toCostLine(nameOf(row, by), row, totals[0] ?? addSums([])));
  return isTime ? lines.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(-limit) : lines;
}

/**
 * A period that reaches into the present hour may as well end with today: nothing lies behind, and the day's sums are fewer than
 * its hours'. One that ends before, as with the month that is just over, ends there.
 */
function endOf({ toMs, nowMs }: CostReportRequest): number {
  return toMs > bucketOf(nowMs, hourMs) && toMs <= nowMs ? bucketOf(nowMs, dayMs) + dayMs : toMs;
}

function nameOf(row: SumRow, dimension: SumDimension): string {
  const name = row.group[dimension] ?? "";
  if (dimension === "day") return new Date(Number(name)).toISOString().slice(0, 10);
  return dimension === "hour" ? new Date(Number(name)).toISOString().slice(0, 16) : name;
}

function toCostLine(name: string, sums: Sums, total: Sums): CostLine {
  const { usage, calls } = sums;
  const costUsd = usdFromSum(sums.costNanoUsd);
  const totalUsd = usdFromSum(total.costNanoUsd);
  return {
    name,
    calls,
    failedCalls: sums.failedCalls,
    cachedCalls: sums.cachedCalls,
    costUsd,
    failedCostUsd: usdFromSum(sums.failedCostNanoUsd),
    share: totalUsd === 0 ? 0 : costUsd / totalUsd,
    inputTokens: totalInput(usage),
    cacheReadTokens: usage.cacheRead,
    outputTokens: usage.output,
    averageCostUsd: calls === 0 ? 0 : costUsd / calls,
    averageDurationMs: calls === 0 ? 0 : sums.durationMs / calls,
    averageFirstByteMs: sums.firstByteCalls === 0 ? null : sums.firstByteMs / sums.firstByteCalls,
  };
}
