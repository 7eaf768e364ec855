/**
 * Recommends other hours for calls that nobody waits for, where a provider's price depends on the hour.
 *
 * Nobody waits: the call was not streamed, or it is a background call. The hour is the cheapest of the same UTC day.
 */
import { dayMs, hourMs } from "../../core/time/durations.ts";
import { formatTarget } from "../../core/target.ts";
import { isBackground } from "./background-calls.ts";
import { isPaid } from "./ledger-calls.ts";
import type { PaidCall } from "./ledger-calls.ts";
import { costAt, costHere } from "./replay.ts";
import { describePeriod, isEnoughData, perMonthUsd } from "./recommendation.ts";
import type { Recommendation, RecommendationInputs } from "./recommendation.ts";

const leastCalls = 50;

interface Shift {
  readonly call: PaidCall;
  readonly hour: number;
  readonly saved: number;
}

export function recommendPeakHours(inputs: RecommendationInputs): Recommendation | null {
  if (!isEnoughData(inputs)) return null;
  const shifts = inputs.calls
    .filter(isPaid)
    .filter((call) => !call.isStreaming || isBackground(call))
    .map((call) => cheapestShift(call, inputs))
    .filter(({ saved }) => saved > 0);
  if (shifts.length < leastCalls) return null;
  const saved = shifts.reduce((sum, shift) => sum + shift.saved, 0);
  const targets = [...new Set(shifts.map(({ call }) => formatTarget(call.target)))].join(", ");
  const hours = [...new Set(shifts.map(({ hour }) => `${hour}:00`))].join(", ");
  return {
    kind: "peak-hours",
    title: "Move calls that can wait to cheaper hours",
    description: `${shifts.length} calls that nobody waited for paid the dear hours of ${targets}. Cheapest from (UTC): ${hours}.`,
    basedOnCalls: shifts.length,
    savedNanoUsd: saved,
    savingPerMonthUsd: perMonthUsd(saved, inputs.periodMs),
    howComputed:
      "Calls that were not streamed, or were background calls, at the price of the cheapest hour of their UTC day: " +
      describePeriod(saved, inputs),
  };
}

/** The first of the cheapest hours of the call's day. */
function cheapestShift(call: PaidCall, inputs: RecommendationInputs): Shift {
  const midnightMs = Math.floor(call.startedAtMs / dayMs) * dayMs;
  const cost = costHere(call, inputs);
  let best: Shift = { call, hour: -1, saved: 0 };
  for (let hour = 0; hour < 24; hour++) {
    const saved = cost - costAt(call, call.target, midnightMs + hour * hourMs, inputs);
    if (saved > best.saved) best = { call, hour, saved };
  }
  return best;
}
