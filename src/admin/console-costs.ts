/** `/api/costs/summary`: what a period cost, by one dimension, for the console. */
import { GatewayError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import type { Ledger, SumDimension } from "../costs/ledger/ledger.ts";
import { generateBreakdown, usdFromSum } from "../costs/reports/cost-report.ts";
import type { CostLine } from "../costs/reports/cost-report.ts";
import type { AdminRoute } from "./admin-route.ts";

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

const dimensions: readonly SumDimension[] = ["user", "team", "model", "provider", "day", "hour"];
const defaultPeriodMs = 7 * 86_400_000;
const maxLines = 500;

/** `from` and `to`: ISO 8601 or Unix milliseconds, in whole UTC hours; default: the last seven days. */
export function costSummaryRoutes(source: CostSummarySource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/costs/summary",
      access: "admin",
      handle: async ({ query }) => {
        const { ledger } = source;
        const nowMs = source.nowMs();
        const toMs = readTime("to", query.get("to")) ?? nowMs;
        const fromMs = readTime("from", query.get("from")) ?? toMs - defaultPeriodMs;
        if (fromMs >= toMs) throw invalid("from: must be before to");
        const by = readDimension(query.get("by"));
        const [lines, total] = await Promise.all([
          generateBreakdown(ledger, by, { fromMs, toMs, limit: maxLines, nowMs }),
          totalOf(ledger, fromMs, toMs),
        ]);
        const period = { start: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() };
        const summary: CostSummary = { period, by, total, lines };
        return { status: 200, headers: { "cache-control": "no-store" }, body: summary as unknown as JsonValue };
      },
    },
  ];
}

async function totalOf(ledger: Ledger, fromMs: number, toMs: number): Promise<CostTotal> {
  const [sums] = await ledger.sums({ fromMs, toMs, by: [] });
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

function readDimension(text: string | null): SumDimension {
  const found = dimensions.find((one) => one === (text ?? "user"));
  if (found === undefined) throw invalid(`by: one of ${dimensions.join(", ")}`);
  return found;
}

/** Years that Date can write: anything else is a slip of the pen. */
const latestMs = Date.UTC(2200, 0);

function readTime(name: string, text: string | null): number | null {
  if (text === null || text === "") return null;
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (ms >= 0 && ms < latestMs) return ms;
  throw invalid(`${name}: a time as 2026-11-22, 2026-11-22T08:00:00Z or in Unix milliseconds`);
}

function invalid(message: string): GatewayError {
  return new GatewayError("caller_invalid_request", message);
}
