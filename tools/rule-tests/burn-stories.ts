/**
 * Stories of the objectives, told in burn rates. `burn` 1 breaks the promise as often as thirty days allow; the counters'
 * growth follows from it by the objective's own arithmetic, written out here.
 */
import { counter, router, series } from "./scenario.ts";
import type { LabelSet, Scenario } from "./scenario.ts";

/** For so many minutes, burning so fast, with so many times the usual calls. */
type Story = readonly (readonly [burn: number, minutes: number, traffic?: number])[];

/** An objective, and what is counted for it. */
export interface Subject {
  readonly prefix: string;
  readonly slo: string;
  /** Part that may go wrong. */
  readonly budget: number;
  /** Series of parts of the bad calls, of those that are not, and of all. */
  readonly series: (
    bad: (share: number) => string,
    good: (share: number) => string,
    calls: (share: number) => string,
  ) => Readonly<Record<string, string>>;
  readonly countsCalls: boolean;
  readonly breach: string;
}

/** 50,000 a second: what is at a threshold is there without rounding. */
const callsAMinute = 3_000_000;
const call: LabelSet = {
  ...router("a"),
  method: "POST",
  route: "/v1/messages",
  provider: "anthropic",
  user_tier: "standard",
};
const target: LabelSet = { ...router("a"), provider: "anthropic", model: "large" };

export const availability: Subject = {
  prefix: "Availability",
  slo: "availability",
  budget: 0.001,
  countsCalls: true,
  breach: "of the calls failed (5xx) or were cut in mid-answer",
  series: (bad, good) => ({
    [series("ccr_requests_total", { ...call, status_code: "529" })]: bad(0.375),
    [series("ccr_requests_total", { ...call, status_code: "502" })]: bad(0.375),
    [series("ccr_call_outcomes_total", { ...router("a"), route: "/v1/chat/completions", outcome: "cut" })]: bad(0.125),
    [series("ccr_call_outcomes_total", { ...router("b"), route: "/v1/messages", outcome: "cut" })]: bad(0.125),
    // All calls: those above and the good ones, of which those that were cut are part.
    [series("ccr_requests_total", { ...call, status_code: "200" })]: good(1),
    // None of these count: callers' faults, aborts, the operators' API.
    [series("ccr_call_outcomes_total", { ...router("a"), route: "/v1/messages", outcome: "aborted" })]: counter([
      5000, 10_000,
    ]),
    [series("ccr_requests_total", { ...call, route: "/api/calls", status_code: "500" })]: counter([9000, 10_000]),
  }),
};

export const firstByte: Subject = {
  prefix: "FirstByte",
  slo: "first_byte",
  budget: 0.05,
  countsCalls: true,
  breach: "of the answers began too late",
  series: (_, good, calls) => ({
    [series("ccr_time_to_first_byte_seconds_bucket", { ...target, le: "3" })]: counter([1, 10_000]),
    [series("ccr_time_to_first_byte_seconds_bucket", { ...target, le: "5" })]: good(0.5),
    [series("ccr_time_to_first_byte_seconds_bucket", { ...target, model: "small", le: "5" })]: good(0.5),
    [series("ccr_time_to_first_byte_seconds_bucket", { ...target, le: "10" })]: calls(1),
    [series("ccr_time_to_first_byte_seconds_count", target)]: calls(0.5),
    [series("ccr_time_to_first_byte_seconds_count", { ...target, model: "small" })]: calls(0.5),
  }),
};

export const overhead: Subject = {
  prefix: "Overhead",
  slo: "overhead",
  budget: 0.01,
  countsCalls: true,
  breach: "of the calls spent too long in the router itself",
  series: (_, good, calls) => ({
    [series("ccr_router_overhead_seconds_bucket", { ...router("a"), route: "/v1/messages", le: "0.005" })]: counter([
      1, 10_000,
    ]),
    [series("ccr_router_overhead_seconds_bucket", { ...router("a"), route: "/v1/messages", le: "0.01" })]: good(0.5),
    [series("ccr_router_overhead_seconds_bucket", { ...router("b"), route: "/v1/messages", le: "0.01" })]: good(0.5),
    [series("ccr_router_overhead_seconds_count", { ...router("a"), route: "/v1/messages" })]: calls(0.5),
    [series("ccr_router_overhead_seconds_count", { ...router("b"), route: "/v1/messages" })]: calls(0.5),
    // None of these count: quick counts of tokens.
    [series("ccr_router_overhead_seconds_bucket", { ...router("a"), route: "/v1/messages/count_tokens", le: "0.01" })]:
      calls(1),
    [series("ccr_router_overhead_seconds_count", { ...router("a"), route: "/v1/messages/count_tokens" })]: calls(1),
  }),
};

/** 100 dollars a day: a minute's part are 0.0694 dollars. */
export const cost: Subject = {
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

/** In steps that add up without rounding: a counter that falls by the last bit counts as a restart. */
function exact(value: number): number {
  return Math.round(value * 2 ** 20) / 2 ** 20;
}

/** The counters of a story. */
export function seriesOf({ budget, series }: Subject, story: Story): Readonly<Record<string, string>> {
  const badOf = (burn: number): number => burn * budget * callsAMinute;
  const parts = (growth: (burn: number) => number): string =>
    counter(...story.map(([burn, minutes, traffic = 1]) => [exact(growth(burn) * traffic), minutes] as const));
  return series(
    (share) => parts((burn) => badOf(burn) * share),
    (share) => parts((burn) => (callsAMinute - badOf(burn) * (budget === 0.001 ? 0.75 : 1)) * share),
    (share) => parts(() => callsAMinute * share),
  );
}

/** A service with so many calls an hour for so many hours, all of which fail. */
export function smallService(
  subject: Subject,
  ...parts: readonly (readonly [calls: number, hours: number])[]
): Scenario["series"] {
  const growing = (share: number): string =>
    counter(...parts.map(([calls, hours]) => [exact((calls / 60) * share), hours * 60] as const));
  return subject.series(
    (share) => growing(share < 0.2 ? 0 : 0.5),
    () => growing(0),
    growing,
  );
}
