/**
 * Rule tests of the objectives: the same stories for each, told in burn rates. `burn` 1 breaks the promise as often as
 * thirty days allow; the counters' growth follows from it by the objective's own arithmetic, written out here.
 */
import { boundary, counter, fires, recovers, router, series, silent } from "./scenario.ts";
import type { LabelSet, Scenario } from "./scenario.ts";

/** For so many minutes, burning so fast. */
type Story = readonly (readonly [burn: number, minutes: number])[];

interface Subject {
  readonly prefix: string;
  readonly slo: string;
  /** Part that may go wrong. */
  readonly budget: number;
  readonly series: (bad: (calls: number) => string, all: (calls: number) => string) => Readonly<Record<string, string>>;
  readonly countsCalls: boolean;
  readonly breach: string;
}

const callsAMinute = 10_000;
const call: LabelSet = {
  ...router("a"),
  method: "POST",
  route: "/v1/messages",
  provider: "anthropic",
  user_tier: "standard",
};
const target: LabelSet = { ...router("a"), provider: "anthropic", model: "large" };

const availability: Subject = {
  prefix: "Availability",
  slo: "availability",
  budget: 0.001,
  countsCalls: true,
  breach: "of the calls failed (5xx) or were cut in mid-answer",
  series: (bad, all) => ({
    [series("ccr_requests_total", { ...call, status_code: "529" })]: bad(0.375),
    [series("ccr_requests_total", { ...call, status_code: "502" })]: bad(0.375),
    [series("ccr_call_outcomes_total", { ...router("a"), route: "/v1/chat/completions", outcome: "cut" })]: bad(0.125),
    [series("ccr_call_outcomes_total", { ...router("b"), route: "/v1/messages", outcome: "cut" })]: bad(0.125),
    // All calls: those above and the good ones, of which those that were cut are part.
    [series("ccr_requests_total", { ...call, status_code: "200" })]: all(1),
    // None of these count: callers' faults, aborts, the operators' API.
    [series("ccr_call_outcomes_total", { ...router("a"), route: "/v1/messages", outcome: "aborted" })]: counter([
      5000, 10_000,
    ]),
    [series("ccr_requests_total", { ...call, route: "/api/calls", status_code: "500" })]: counter([9000, 10_000]),
  }),
};

const firstByte: Subject = {
  prefix: "FirstByte",
  slo: "first_byte",
  budget: 0.05,
  countsCalls: true,
  breach: "of the answers began too late",
  series: (bad, all) => ({
    [series("ccr_time_to_first_byte_seconds_bucket", { ...target, le: "3" })]: counter([1, 10_000]),
    [series("ccr_time_to_first_byte_seconds_bucket", { ...target, le: "5" })]: all(0.5),
    [series("ccr_time_to_first_byte_seconds_bucket", { ...target, model: "small", le: "5" })]: all(0.5),
    [series("ccr_time_to_first_byte_seconds_bucket", { ...target, le: "10" })]: counter([callsAMinute, 10_000]),
    [series("ccr_time_to_first_byte_seconds_count", target)]: counter([callsAMinute / 2, 10_000]),
    [series("ccr_time_to_first_byte_seconds_count", { ...target, model: "small" })]: counter([
      callsAMinute / 2,
      10_000,
    ]),
    ignored: bad(0),
  }),
};

const overhead: Subject = {
  prefix: "Overhead",
  slo: "overhead",
  budget: 0.01,
  countsCalls: true,
  breach: "of the calls spent too long in the router itself",
  series: (bad, all) => ({
    [series("ccr_router_overhead_seconds_bucket", { ...router("a"), route: "/v1/messages", le: "0.005" })]: counter([
      1, 10_000,
    ]),
    [series("ccr_router_overhead_seconds_bucket", { ...router("a"), route: "/v1/messages", le: "0.01" })]: all(0.5),
    [series("ccr_router_overhead_seconds_bucket", { ...router("b"), route: "/v1/messages", le: "0.01" })]: all(0.5),
    [series("ccr_router_overhead_seconds_count", { ...router("a"), route: "/v1/messages" })]: counter([
      callsAMinute / 2,
      10_000,
    ]),
    [series("ccr_router_overhead_seconds_count", { ...router("b"), route: "/v1/messages" })]: counter([
      callsAMinute / 2,
      10_000,
    ]),
    ignored: bad(0),
  }),
};

/** 100 dollars a day: 10,000 parts a minute are 0.0694 dollars. */
const cost: Subject = {
  prefix: "Cost",
  slo: "cost",
  budget: 1,
  countsCalls: false,
  breach: "of what a day may cost was spent",
  series: (bad) => ({
    [series("ccr_cost_total_usd", { ...target, user_id: "ada" })]: bad(0.5 * (100 / 1440 / callsAMinute)),
    [series("ccr_cost_total_usd", { ...target, user_id: "bob", instance: "b" })]: bad(
      0.5 * (100 / 1440 / callsAMinute),
    ),
  }),
};

function seriesOf({ budget, series }: Subject, story: Story): Readonly<Record<string, string>> {
  const badOf = (burn: number): number => burn * budget * callsAMinute;
  // In steps that add up without rounding: a counter that falls by the last bit counts as a restart.
  const exact = (value: number): number => Math.round(value * 2 ** 20) / 2 ** 20;
  const parts = (growth: (burn: number) => number): string =>
    counter(...story.map(([burn, minutes]) => [exact(growth(burn)), minutes] as const));
  const given = series(
    (share) => parts((burn) => badOf(burn) * share),
    (share) => parts((burn) => (callsAMinute - badOf(burn) * (budget === 0.001 ? 0.75 : 1)) * share),
  );
  return withoutIgnored(given);
}

function withoutIgnored(given: Scenario["series"]): Scenario["series"] {
  return Object.fromEntries(Object.entries(given).filter(([name]) => name !== "ignored"));
}

const hours = 60;

function fastScenarios(subject: Subject, percentage: string): readonly Scenario[] {
  const alert = `${subject.prefix}FastBurn`;
  const overHour = { slo: subject.slo, long_window: "1h" };
  const overSixHours = { slo: subject.slo, long_window: "6h" };
  return [
    {
      alert,
      title: "fires when 14.4 times the promise holds for an hour, until five minutes are better",
      // 15 is still too much, 13.5 no more.
      series: seriesOf(subject, [
        [0, 6 * hours],
        [17, 60],
        [15, 10],
        [13.5, 10],
        [0, 40],
      ]),
      checks: [
        silent("6h"),
        boundary("413m"),
        fires("414m", overHour),
        fires("429m", overHour),
        recovers("437m"),
        silent("460m"),
      ],
      texts: {
        at: "420m",
        labels: overHour,
        summary: `The error budget of ${subject.slo} burns fast`,
        description: `In 1h, ${percentage} ${subject.breach}: more than 14.4 times what the objective allows.`,
      },
    },
    {
      alert,
      title: "fires when 6 times the promise holds for six hours, until half an hour is better",
      series: seriesOf(subject, [
        [0, 6 * hours],
        [7, 6 * hours],
        [0, 60],
      ]),
      checks: [
        silent("7h"),
        boundary("671m"),
        fires("672m", overSixHours),
        fires("726m", overSixHours),
        recovers("727m"),
      ],
    },
  ];
}

function slowScenarios(subject: Subject): readonly Scenario[] {
  const alert = `${subject.prefix}SlowBurn`;
  const overDay = { slo: subject.slo, long_window: "1d" };
  const overThreeDays = { slo: subject.slo, long_window: "3d" };
  return [
    {
      alert,
      title: "fires when 3 times the promise holds for a day, or once for three, until two or six hours are better",
      series: seriesOf(subject, [
        [0, 72 * hours],
        [3.5, 24 * hours],
        [0, 12 * hours],
      ]),
      checks: [
        silent("83h"),
        boundary("92h"),
        fires("93h", overDay, overThreeDays),
        fires("96h15m", overDay, overThreeDays),
        recovers("96h25m", overThreeDays),
        fires("100h", overThreeDays),
        recovers("101h"),
      ],
    },
  ];
}

/** A service with so many calls in its first hour, all of which fail, and none after. */
function smallService(subject: Subject, calls: number): Scenario["series"] {
  const halfFailing = counter([Math.round((calls / 120) * 1024) / 1024, 60], [0, 3 * hours]);
  const none = counter([0, 4 * hours]);
  const given = subject.series(
    (share) => (share < 0.2 ? none : halfFailing),
    () => none,
  );
  const counts = Object.keys(given).filter((name) => name.includes("_count{"));
  return withoutIgnored({ ...given, ...Object.fromEntries(counts.map((name) => [name, halfFailing])) });
}

function guardScenarios(subject: Subject, kind: "Fast" | "Slow"): readonly Scenario[] {
  if (!subject.countsCalls) return [];
  const alert = `${subject.prefix}${kind}Burn`;
  const over = (window: string): LabelSet => ({ slo: subject.slo, long_window: window });
  return [
    {
      alert,
      title: "needs sixty calls: 57 that fail are silent",
      series: smallService(subject, 57),
      checks: [silent("50m"), boundary("60m"), silent("75m"), silent("90m"), silent("2h")],
    },
    {
      alert,
      title: "needs sixty calls: 63 that fail are enough",
      series: smallService(subject, 63),
      checks:
        kind === "Fast"
          ? [silent("50m"), fires("60m", over("1h"), over("6h")), fires("75m", over("6h")), recovers("2h")]
          : [silent("50m"), fires("60m", over("1d"), over("3d")), fires("90m", over("1d"), over("3d"))],
    },
  ];
}

const subjects = [
  { subject: availability, percentage: "1.616%" },
  { subject: firstByte, percentage: "80.82%" },
  { subject: overhead, percentage: "16.16%" },
  { subject: cost, percentage: "1616%" },
] as const;

export const fastBurnScenarios: readonly Scenario[] = subjects.flatMap(({ subject, percentage }) => [
  ...fastScenarios(subject, percentage),
  ...guardScenarios(subject, "Fast"),
]);

export const slowBurnScenarios: readonly Scenario[] = subjects.flatMap(({ subject }) => [
  ...slowScenarios(subject),
  ...guardScenarios(subject, "Slow"),
]);
