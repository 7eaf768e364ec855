/** `/api/costs/report` and `/api/costs/records`: who spent how much on what, what was saved, what to do; and each call. */
import type { Ledger } from "../../costs/ledger/ledger.ts";
import { costLineColumns, generateCostReport } from "../../costs/reports/cost-report.ts";
import type { CostReport } from "../../costs/reports/cost-report.ts";
import { recordColumns, toRecordLine } from "../../costs/reports/record-line.ts";
import type { AdminRoute } from "../admin-route.ts";
import {
  csvAnswer,
  readCursor,
  readLineLimit,
  readPeriod,
  readRecordFilter,
  readSumFilter,
  recordParameters,
  sumParameters,
  wantsCsv,
} from "./cost-query.ts";
import { jsonAnswer, readLimit, refuseUnknownParameters } from "../read-request.ts";

export interface CostReportSource {
  readonly ledger: Ledger;
  nowMs(): number;
  /** What would have saved money in the period: of one user, or of all. */
  recommend(fromMs: number, toMs: number, user: string | undefined): Promise<readonly object[]>;
}

export function costReportRoutes(source: CostReportSource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/costs/report",
      access: "admin",
      handle: async ({ query }) => {
        refuseUnknownParameters(query, [...sumParameters, "limit", "format"]);
        const nowMs = source.nowMs();
        const { fromMs, toMs } = readPeriod(query, nowMs);
        const filter = readSumFilter(query);
        const limit = readLineLimit(query, 50);
        const report = await generateCostReport(source.ledger, { fromMs, toMs, filter, limit, nowMs });
        if (wantsCsv(query)) return csvAnswer("cost-report", toReportRows(report), reportColumns);
        return jsonAnswer({ ...report, recommendations: await source.recommend(fromMs, toMs, filter.user) });
      },
    },
    {
      method: "GET",
      path: "/api/costs/records",
      access: "admin",
      handle: async ({ query }) => {
        refuseUnknownParameters(query, [...recordParameters, "format"]);
        const page = await source.ledger.records(readRecordFilter(query, source.nowMs()), {
          limit: readLimit(query, 100, 1_000),
          cursor: readCursor(query),
        });
        const records = page.entries.map(toRecordLine);
        if (!wantsCsv(query)) return jsonAnswer({ records, nextCursor: page.nextCursor });
        const headers: Record<string, string> = page.nextCursor === null ? {} : { "x-next-cursor": page.nextCursor };
        return csvAnswer("calls", records, recordColumns, headers);
      },
    },
  ];
}

const reportColumns: readonly string[] = ["breakdown", ...costLineColumns];

/** The breakdowns under each other, each line with the name of its breakdown. */
function toReportRows(report: CostReport): readonly object[] {
  const breakdowns = {
    total: [report.total],
    provider: report.byProvider,
    model: report.byModel,
    user: report.byUser,
    team: report.byTeam,
    session: report.bySession,
    day: report.byDay,
    hourOfDay: report.byHourOfDay,
  };
  return Object.entries(breakdowns).flatMap(([breakdown, lines]) => lines.map((line) => ({ breakdown, ...line })));
}
