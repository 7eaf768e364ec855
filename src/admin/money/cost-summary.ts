/** `/api/costs/summary`: what a period cost, by one dimension. */
import { usdFromSum } from "../../core/money.ts";
import type { Ledger, SumDimension, SumFilter } from "../../costs/ledger/ledger.ts";
import { costLineColumns, generateBreakdown } from "../../costs/reports/cost-report.ts";
import type { CostLine } from "../../costs/reports/cost-report.ts";
import type { AdminRoute } from "../admin-route.ts";
import {
  csvAnswer,
  mostLines,
  readLineLimit,
  readPeriod,
  readSumFilter,
  sumParameters,
  wantsCsv,
} from "./cost-query.ts";
import type { Period } from "./cost-query.ts";
import { invalid, jsonAnswer, oneOf, refuseUnknownParameters, textOf } from "../read-request.ts";

/** Answer of `/api/costs/summary`. */
export interface CostSummary {
  /** ISO 8601. */
  readonly period: { readonly start: string; readonly end: string };
  readonly by: SumDimension;
  readonly total: CostTotal;
  /** By cost, or in the order of time. */
  readonly lines: readonly CostLine[];
}

export interface CostTotal {
  readonly calls: number;
  readonly failedCalls: number;
  readonly costUsd: number;
  /** The part that went to calls that failed. */
  readonly failedCostUsd: number;
  readonly savedByAnswerCacheUsd: number;
  readonly savedByPromptCacheUsd: number;
  readonly savedByRoutingUsd: number;
}

export interface CostSummarySource {
  readonly ledger: Ledger;
  nowMs(): number;
}

const dimensions: readonly SumDimension[] = [
  "user", "team", "tier", "key", "model", "askedModel", "provider", "session", "day", "hour", "hourOfDay",
]; // prettier-ignore
const maxLines = 500;

/** In whole UTC hours; sessions in whole days. */
export function costSummaryRoutes(source: CostSummarySource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/costs/summary",
      access: "admin",
      handle: async ({ query }) => {
        refuseUnknownParameters(query, [...sumParameters, "by", "contains", "limit", "format"]);
        const { ledger } = source;
        const nowMs = source.nowMs();
        const request = { ...readPeriod(query, nowMs), filter: readSumFilter(query) };
        const by = oneOf("by", query.get("by") || undefined, dimensions) ?? "user";
        if (request.filter.sessionId !== undefined && (by === "hour" || by === "hourOfDay"))
          throw invalid(`by: one session's sums are kept by day, not by ${by}`);
        const contains = textOf(query, "contains");
        if (contains !== undefined && by === "session")
          throw invalid("contains: sessions are too many to look through; name one by session");
        // A year of hours is no table that somebody reads, and a curve with holes is none.
        const limit = readLineLimit(query, by === "day" || by === "hour" ? mostLines : maxLines);
        const [lines, total] = await Promise.all([
          generateBreakdown(ledger, by, { ...request, contains, limit, nowMs }),
          totalOf(ledger, request),
        ]);
        if (wantsCsv(query)) return csvAnswer(`costs-by-${by}`, lines, costLineColumns);
        const period = { start: new Date(request.fromMs).toISOString(), end: new Date(request.toMs).toISOString() };
        const summary: CostSummary = { period, by, total, lines };
        return jsonAnswer(summary);
      },
    },
  ];
}

async function totalOf(ledger: Ledger, request: Period & { readonly filter: SumFilter }): Promise<CostTotal> {
  const [sums] = await ledger.sums({ ...request, by: [] });
  return {
    calls: sums?.calls ?? 0,
    failedCalls: sums?.failedCalls ?? 0,
    costUsd: usdFromSum(sums?.costNanoUsd ?? 0n),
    failedCostUsd: usdFromSum(sums?.failedCostNanoUsd ?? 0n),
    savedByAnswerCacheUsd: usdFromSum(sums?.savedByAnswerCacheNanoUsd ?? 0n),
    savedByPromptCacheUsd: usdFromSum(sums?.savedByPromptCacheNanoUsd ?? 0n),
    savedByRoutingUsd: usdFromSum(sums?.savedByRoutingNanoUsd ?? 0n),
  };
}
