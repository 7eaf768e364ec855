/**
 * The service level objectives, each as two rates: what happened, and what of it broke the promise. All else (error
 * ratios over windows, error budgets, burn-rate alerts) follows from these alike.
 *
 * A burn rate of 1 uses up the budget of thirty days in thirty days. The windows and burn rates are those of Google's
 * SRE workbook, chapter 5 (https://sre.google/workbook/alerting-on-slos/), table 5-8.
 */
import type { ServiceLevels } from "../config/schema.ts";
import { metricCatalog } from "../monitoring/catalog/metric-catalog.ts";
import type { Severity } from "../core/alert-severity.ts";
import type { RuleContext } from "./alert-definition.ts";

export type SloName = "availability" | "first_byte" | "overhead" | "cost";

export interface ServiceLevel {
  readonly slo: SloName;
  /** Beginning of its alerts' names. */
  readonly alertPrefix: string;
  /** What breaks the promise, for texts: after its share of all. */
  readonly breach: string;
  readonly fastSeverity: Severity;
  readonly team: "gateway" | "providers" | "costs";
  /** Part of all that may break the promise. */
  readonly budget: (levels: ServiceLevels) => number;
  /** PromQL: all of it, and what broke the promise, of the whole service. */
  readonly total: (over: Over, context: RuleContext) => string;
  readonly bad: (over: Over, context: RuleContext) => string;
  /** Whether `total` counts calls, so that a few of them prove nothing. */
  readonly countsCalls: boolean;
}

/** A counter over a window: its rate or its increase. */
export type Over = (selector: string) => string;

/** Calls to models: consoles ask the operators' API every two seconds, and anybody may ask for what is not there. */
export const callRoutes = `route=~"/v1/messages|/v1/chat/completions"`;

export const serviceLevelTable: readonly ServiceLevel[] = [
  {
    slo: "availability",
    alertPrefix: "Availability",
    breach: "of the calls failed (5xx) or were cut in mid-answer",
    fastSeverity: "critical",
    team: "gateway",
    countsCalls: true,
    budget: ({ availability }) => 1 - availability.ratio,
    total: (over) => `sum(${over(`ccr_requests_total{${callRoutes}}`)})`,
    // A cut answer went out under status 200: only its outcome tells.
    bad: (over) =>
      `sum(${over(`ccr_requests_total{${callRoutes}, status_code=~"5.."}`)})
+ sum(${over(`ccr_call_outcomes_total{${callRoutes}, outcome="cut"}`)})`,
  },
  {
    slo: "first_byte",
    alertPrefix: "FirstByte",
    breach: "of the answers began too late",
    fastSeverity: "critical",
    team: "providers",
    countsCalls: true,
    budget: ({ firstByte }) => 1 - firstByte.ratio,
    total: (over) => `sum(${over("ccr_time_to_first_byte_seconds_count")})`,
    bad: (over, { levels }) => slowerThan("ccr_time_to_first_byte_seconds", levels.firstByte.seconds, over),
  },
  {
    slo: "overhead",
    alertPrefix: "Overhead",
    breach: "of the calls spent too long in the router itself",
    fastSeverity: "warning",
    team: "gateway",
    countsCalls: true,
    budget: ({ overhead }) => 1 - overhead.ratio,
    total: (over) => `sum(${over(`ccr_router_overhead_seconds_count{${callRoutes}}`)})`,
    bad: (over, { levels }) => slowerThan("ccr_router_overhead_seconds", levels.overhead.seconds, over, callRoutes),
  },
  {
    // Dollars in place of calls: the budget is all of what thirty days may cost.
    slo: "cost",
    alertPrefix: "Cost",
    breach: "of what a day may cost was spent",
    fastSeverity: "critical",
    team: "costs",
    countsCalls: false,
    budget: () => 1,
    total: (_over, { levels }) => `vector(${levels.costPerDayUsd} / 86400)`,
    // Its series begin with the first call: without a zero before, the means over hours would be those of the minutes since.
    bad: (over) => `sum(${over("ccr_cost_total_usd")}) or vector(0)`,
  },
];

export interface BurnWindow {
  readonly long: string;
  readonly short: string;
  readonly burnRate: number;
}

export interface BurnAlert {
  readonly suffix: "FastBurn" | "SlowBurn";
  readonly windows: readonly BurnWindow[];
}

/** Pages: 2 % of the budget in an hour, 5 % in six. Tickets: 10 % in a day or in three. */
export const burnAlerts: readonly BurnAlert[] = [
  {
    suffix: "FastBurn",
    windows: [
      { long: "1h", short: "5m", burnRate: 14.4 },
      { long: "6h", short: "30m", burnRate: 6 },
    ],
  },
  {
    suffix: "SlowBurn",
    windows: [
      { long: "1d", short: "2h", burnRate: 3 },
      { long: "3d", short: "6h", burnRate: 1 },
    ],
  },
];

/** Windows whose error ratio is recorded; the last one is that of the error budget. */
export const ratioWindows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"] as const;

/** As rules write it, without what floating point adds (1 - 0.999 is 0.0010000000000000009). */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** Observations above `seconds`, which must be a bucket's bound: a histogram knows no other. Throws RangeError. */
function slowerThan(metric: string, seconds: number, over: Over, of?: string): string {
  const definition = metricCatalog.find(({ name }) => name === metric);
  const buckets = definition?.type === "histogram" ? definition.buckets : [];
  if (!buckets.includes(seconds)) throw new RangeError(`${seconds} is no bucket of ${metric}: ${buckets.join(", ")}`);
  const [all, quick] = of === undefined ? ["", boundMatcher(seconds)] : [`{${of}}`, `${of}, ${boundMatcher(seconds)}`];
  return `sum(${over(`${metric}_count${all}`)})
- sum(${over(`${metric}_bucket{${quick}}`)})`;
}

/** Prometheus 3 writes whole bounds with a fraction, Prometheus 2 as they come. */
function boundMatcher(bound: number): string {
  return Number.isInteger(bound) ? `le=~"${bound}|${bound}[.]0"` : `le="${bound}"`;
}
