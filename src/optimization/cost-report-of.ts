/** The ledger's reports in the words of the cost optimizer's interface. Pure. */
import type { CostLine, CostReport as LedgerReport } from "../costs/reports/cost-report.ts";
import type { CostMetrics, CostRecommendation, CostReport } from "./cost-optimizer-types.ts";
import type { Recommendation } from "./recommendations/recommendation.ts";

export interface Period {
  readonly start: Date;
  readonly end: Date;
}

/** The report of `period`, with its recommendations. */
export function costReportOf(
  report: LedgerReport,
  period: Period,
  recommendations: readonly CostRecommendation[],
): CostReport {
  const { savings, trends } = report;
  return {
    period,
    totalCost: report.total.costUsd,
    costBreakdown: {
      byProvider: costsByName(report.byProvider),
      byModel: costsByName(report.byModel),
      byUser: costsByName(report.byUser),
    },
    savings: {
      cachingAmount: savings.answerCacheUsd + savings.promptCacheUsd,
      smartRoutingAmount: savings.routingUsd,
      totalPotentialCost: savings.potentialUsd,
      actualCost: savings.actualUsd,
      savingsPercentage: savings.savingsPercent,
    },
    recommendations,
    trends: {
      dailyAverage: trends.dailyAverageUsd,
      weeklyTrend: trends.weekly === null || trends.weekly.change === null ? null : trends.weekly.change * 100,
      monthlyProjection: trends.forecast?.monthUsd ?? null,
    },
  };
}

/** The bare sums of `period`. */
export function costMetricsOf({ totalCost, costBreakdown, period }: CostReport): CostMetrics {
  const { byProvider, byUser, byModel } = costBreakdown;
  return { totalCost, costByProvider: byProvider, costByUser: byUser, costByModel: byModel, period };
}

/** A tenth of a month's cost is high, a thirtieth medium. */
export function costRecommendationOf(one: Recommendation, monthlyCostUsd: number): CostRecommendation {
  const share = monthlyCostUsd === 0 ? 0 : one.savingPerMonthUsd / monthlyCostUsd;
  return {
    type: one.kind,
    priority: share >= 1 / 10 ? "high" : share >= 1 / 30 ? "medium" : "low",
    title: one.title,
    description: one.description,
    potentialSavings: one.savingPerMonthUsd,
    basedOnCalls: one.basedOnCalls,
    howComputed: one.howComputed,
  };
}

function costsByName(lines: readonly CostLine[]): Readonly<Record<string, number>> {
  return Object.fromEntries(lines.map((line) => [line.name === "" ? "_none" : line.name, line.costUsd]));
}
