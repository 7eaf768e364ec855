/** What is computed beforehand: error ratios of each objective over its windows, and what is left of its budget. */
import type { RuleContext } from "./alert-definition.ts";
import { formatNumber, ratioWindows, serviceLevelTable } from "./service-levels.ts";
import type { ServiceLevel } from "./service-levels.ts";

export interface RecordingRule {
  readonly record: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly expr: string;
}

export interface RecordingGroup {
  readonly name: (typeof recordingGroupNames)[number];
  /** Absent: as often as all rules. */
  readonly interval?: string;
  readonly rules: readonly RecordingRule[];
}

/** Windows that move too slowly for a look every fifteen seconds. */
const slowWindows: readonly string[] = ["1d", "3d", "30d"];

/** In the order of evaluation. */
export const recordingGroupNames = ["slo_rates", "slo_ratios", "slo_slow_ratios"] as const;

/** In the order of evaluation: each group reads what the ones before have written. */
export function recordingGroups(context: RuleContext): readonly RecordingGroup[] {
  const ratios = (windows: readonly string[]): readonly RecordingRule[] =>
    serviceLevelTable.flatMap(({ slo }) => windows.map((window) => ratioRule(slo, window, context)));
  return [
    { name: "slo_rates", rules: serviceLevelTable.flatMap((level) => rateRules(level, context)) },
    { name: "slo_ratios", rules: ratios(ratioWindows.filter((window) => !slowWindows.includes(window))) },
    {
      name: "slo_slow_ratios",
      interval: context.span("1m"),
      rules: [
        ...ratios(slowWindows),
        ...serviceLevelTable.flatMap(({ slo, budget }) => budgetRules(slo, budget(context.levels))),
      ],
    },
  ];
}

/** `increase1h`: calls, for what needs a number of them, added up from whole hours over any window. */
function rateRules(level: ServiceLevel, context: RuleContext): readonly RecordingRule[] {
  const { slo, total, bad, countsCalls } = level;
  const rate = (selector: string): string => `rate(${selector}[${context.span("5m")}])`;
  const increase = (selector: string): string => `increase(${selector}[${context.span("1h")}])`;
  return [
    { record: "slo:total:rate5m", labels: { slo }, expr: total(rate, context) },
    { record: "slo:bad:rate5m", labels: { slo }, expr: bad(rate, context) },
    ...(countsCalls ? [{ record: "slo:calls:increase1h", labels: { slo }, expr: total(increase, context) }] : []),
  ];
}

/** Weighted by traffic: bad over all of the whole window, no mean of ratios. Nothing where there was no traffic. */
function ratioRule(slo: string, window: string, { span }: RuleContext): RecordingRule {
  const over = (record: string): string =>
    window === "5m" ? `${record}{slo="${slo}"}` : `avg_over_time(${record}{slo="${slo}"}[${span(window)}])`;
  return {
    record: `slo:error_ratio:rate${window}`,
    labels: { slo },
    expr: `${over("slo:bad:rate5m")} / (${over("slo:total:rate5m")} > 0)`,
  };
}

/** The part that may break the promise, for burn rates on dashboards; and what is left of it: 1 all, 0 nothing, below 0 the promise of thirty days is broken. */
function budgetRules(slo: string, budget: number): readonly RecordingRule[] {
  const size = formatNumber(budget);
  return [
    { record: "slo:error_budget:ratio", labels: { slo }, expr: `vector(${size})` },
    {
      record: "slo:error_budget_remaining:ratio",
      labels: { slo },
      expr: `1 - slo:error_ratio:rate30d{slo="${slo}"} / ${size}`,
    },
  ];
}
