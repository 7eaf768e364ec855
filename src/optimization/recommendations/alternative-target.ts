/** Recommends a cheaper target whose measured quality is as good, for the target where that saves most. */
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";
import { isEnough } from "../ranking/rank-targets.ts";
import { isPaid } from "./ledger-calls.ts";
import type { PaidCall } from "./ledger-calls.ts";
import { costElsewhere, costHere, targetsOf } from "./replay.ts";
import { describePeriod, isEnoughData, perMonthUsd } from "./recommendation.ts";
import type { Recommendation, RecommendationInputs } from "./recommendation.ts";

const leastCallsEach = 50;
/** Qualities within two hundredths count as equal. */
const tolerance = 0.02;
/** Less than a twentieth is not worth the change. */
const leastShare = 0.05;

interface Alternative {
  readonly from: Target;
  readonly to: Target;
  readonly qualities: readonly [number, number];
  readonly calls: readonly PaidCall[];
  readonly cost: number;
  readonly saved: number;
}

export function recommendAlternativeTarget(inputs: RecommendationInputs): Recommendation | null {
  if (!isEnoughData(inputs)) return null;
  const best = alternativesOf(inputs).reduce<Alternative | null>(
    (most, one) => (most === null || one.saved > most.saved ? one : most),
    null,
  );
  if (best === null) return null;
  const [from, to] = [formatTarget(best.from), formatTarget(best.to)];
  const [quality, other] = best.qualities;
  return {
    kind: "alternative-target",
    title: `Send the calls of ${from} to ${to}`,
    description:
      `Its answers are measured as good (${other.toFixed(2)} against ${quality.toFixed(2)} of 1) and the same tokens ` +
      `cost ${Math.round((best.saved / best.cost) * 100)} % less there.`,
    basedOnCalls: best.calls.length,
    savedNanoUsd: best.saved,
    savingPerMonthUsd: perMonthUsd(best.saved, inputs.periodMs),
    howComputed:
      `The ${best.calls.length} calls of ${from} with the same tokens, cached ones among them, at the prices of ${to} ` +
      `at the time of each call: ${describePeriod(best.saved, inputs)}`,
  };
}

function alternativesOf(inputs: RecommendationInputs): readonly Alternative[] {
  const paid = inputs.calls.filter(isPaid);
  const targets = targetsOf(paid, inputs.otherTargets);
  return targets.flatMap((from) => {
    const quality = inputs.qualityOf(from);
    const calls = paid.filter((call) => formatTarget(call.target) === formatTarget(from));
    if (!isEnough(quality) || calls.length < leastCallsEach) return [];
    const cost = calls.reduce((sum, call) => sum + costHere(call, inputs), 0);
    return targets.flatMap((to): Alternative[] => {
      const other = inputs.qualityOf(to);
      if (to === from || !isEnough(other) || other.value < quality.value - tolerance) return [];
      const saved = cost - costElsewhere(calls, to, inputs);
      return saved < cost * leastShare
        ? []
        : [{ from, to, qualities: [quality.value, other.value], calls, cost, saved }];
    });
  });
}
