/** Recommends looking at the target whose calls failed most dearly: they cost money and brought no answer. */
import { formatUsd } from "../../core/money.ts";
import { formatTarget } from "../../core/target.ts";
import { isPaid } from "./ledger-calls.ts";
import type { PaidCall } from "./ledger-calls.ts";
import { describePeriod, isEnoughData, perMonthUsd } from "./recommendation.ts";
import type { Recommendation, RecommendationInputs } from "./recommendation.ts";

const leastCalls = 20;

export function recommendFailedCalls(inputs: RecommendationInputs): Recommendation | null {
  if (!isEnoughData(inputs)) return null;
  // A call that its client broke off is that person's decision, not a failure.
  const failed = inputs.calls
    .filter(isPaid)
    .filter(({ outcome, costNanoUsd }) => (outcome === "error" || outcome === "cut") && costNanoUsd > 0);
  if (failed.length < leastCalls) return null;
  const saved = costOf(failed);
  const worst = [...groupsOf(failed)].reduce((most, one) => (costOf(one[1]) > costOf(most[1]) ? one : most));
  return {
    kind: "failed-calls",
    title: `Find out why calls fail at ${worst[0]}`,
    description:
      `${failed.length} calls cost ${formatUsd(saved)} and failed all the same; ${worst[1].length} of them at ` +
      `${worst[0]}, for ${formatUsd(costOf(worst[1]))}, mostly as ${mostFrequent(worst[1].map(codeOf))}.`,
    basedOnCalls: failed.length,
    savedNanoUsd: saved,
    savingPerMonthUsd: perMonthUsd(saved, inputs.periodMs),
    howComputed: `What calls cost that ended as error or were cut off by the provider: ${describePeriod(saved, inputs)}`,
  };
}

function groupsOf(calls: readonly PaidCall[]): ReadonlyMap<string, readonly PaidCall[]> {
  return Map.groupBy(calls, (call) => formatTarget(call.target));
}

function costOf(calls: readonly PaidCall[]): number {
  return calls.reduce((sum, call) => sum + call.costNanoUsd, 0);
}

function codeOf({ errorCode, outcome }: PaidCall): string {
  return errorCode ?? outcome;
}

function mostFrequent(names: readonly string[]): string {
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, all]) => ({ name, count: all.length }));
  return counts.reduce((most, one) => (one.count > most.count ? one : most)).name;
}
