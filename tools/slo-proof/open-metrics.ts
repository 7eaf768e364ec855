/** The month as the counters that a router shows, in the OpenMetrics format. */
import type { SloName } from "../../src/alerting/service-levels.ts";
import type { Totals } from "./month.ts";

interface Counter {
  readonly family: string;
  readonly series: string;
  readonly value: (minute: number) => number;
}

const target = 'job="claude-code-router",instance="a"';

/** Counters from the totals of the objectives, typed unknown: single buckets are no histogram. */
function countersOf(of: Readonly<Record<SloName, Totals>>): readonly Counter[] {
  const { availability, first_byte: firstByte, overhead, cost } = of;
  const route = `${target},method="POST",route="/v1/messages",provider="p",user_tier="standard"`;
  const counter = (family: string, series: string, value: Counter["value"]): Counter => ({
    family,
    series,
    value,
  });
  const bound = (family: string, { all, bad }: Totals, labels: string, le: string): readonly Counter[] => [
    counter(`${family}_bucket`, `${family}_bucket{${labels},le="${le}"}`, (m) => all[m]! - bad[m]!),
    counter(`${family}_count`, `${family}_count{${labels}}`, (m) => all[m]!),
  ];
  return [
    counter(
      "ccr_requests_total",
      `ccr_requests_total{${route},status_code="200"}`,
      (m) => availability.all[m]! - availability.bad[m]!,
    ),
    counter("ccr_requests_total", `ccr_requests_total{${route},status_code="529"}`, (m) => availability.bad[m]!),
    counter(
      "ccr_call_outcomes_total",
      `ccr_call_outcomes_total{${target},route="/v1/messages",outcome="cut"}`,
      () => 0,
    ),
    ...bound("ccr_time_to_first_byte_seconds", firstByte, `${target},provider="p",model="m"`, "5"),
    ...bound("ccr_router_overhead_seconds", overhead, `${target},route="/v1/messages"`, "0.01"),
    counter(
      "ccr_cost_total_usd",
      `ccr_cost_total_usd{${target},provider="p",model="m",user_id="u"}`,
      (m) => cost.bad[m]!,
    ),
  ];
}

/** One sample a minute, from the first to the last. */
export function renderSamples(totals: Readonly<Record<SloName, Totals>>, startSeconds: number): string {
  const lines: string[] = [];
  const counters = [...countersOf(totals)].sort((a, b) => (a.family < b.family ? -1 : a.family > b.family ? 1 : 0));
  let family = "";
  for (const counter of counters) {
    if (counter.family !== family) lines.push(`# TYPE ${counter.family} unknown`);
    family = counter.family;
    for (let minute = 0; minute < totals.availability.all.length; minute++) {
      lines.push(`${counter.series} ${counter.value(minute)} ${startSeconds + minute * 60}`);
    }
  }
  return `${lines.join("\n")}\n# EOF\n`;
}
