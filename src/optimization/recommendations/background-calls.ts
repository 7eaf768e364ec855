/** Recommends one cheap target for background calls: titles, summaries and the like that ask for a small model. */
import { isSmallModelName } from "../../core/small-model-name.ts";
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";
import { isPaid } from "./ledger-calls.ts";
import type { PaidCall } from "./ledger-calls.ts";
import { costAt, costHere, targetsOf } from "./replay.ts";
import { describePeriod, isEnoughData, perMonthUsd } from "./recommendation.ts";
import type { Recommendation, RecommendationInputs } from "./recommendation.ts";

const leastCalls = 50;
/** A target that serves background calls already, and well: so many of them, nearly all to their end. */
const leastProof = { calls: 20, successShare: 0.95 } as const;

/** Whether a call is one that any small model may serve. */
export function isBackground({ rule, askedModel }: Pick<PaidCall, "rule" | "askedModel">): boolean {
  return rule === "background" || isSmallModelName(askedModel);
}

export function recommendBackgroundCalls(inputs: RecommendationInputs): Recommendation | null {
  if (!isEnoughData(inputs)) return null;
  const calls = inputs.calls.filter(isPaid).filter(isBackground);
  if (calls.length < leastCalls) return null;
  const best = provenTargets(calls)
    .map((target) => ({ target, ...savingAt(calls, target, inputs) }))
    .reduce<{ target: Target; saved: number; moved: number } | null>(
      (most, one) => (one.saved > (most?.saved ?? 0) ? one : most),
      null,
    );
  if (best === null) return null;
  const to = formatTarget(best.target);
  return {
    kind: "background-calls",
    title: `Send all background calls to ${to}`,
    description:
      `${best.moved} of ${calls.length} background calls went to other targets, in all dearer ones. ${to} serves the rest, and ` +
      "nearly all of that succeeds: name it under routing.scenarios.background.",
    basedOnCalls: best.moved,
    savedNanoUsd: best.saved,
    savingPerMonthUsd: perMonthUsd(best.saved, inputs.periodMs),
    howComputed:
      `Calls by the rule background or for a small model, all with the same tokens at the prices of ${to} at the ` +
      `time of each call: ${describePeriod(best.saved, inputs)}`,
  };
}

/** Over all calls that are elsewhere now. */
function savingAt(
  calls: readonly PaidCall[],
  target: Target,
  inputs: RecommendationInputs,
): { readonly saved: number; readonly moved: number } {
  let [saved, moved] = [0, 0];
  for (const call of calls) {
    if (formatTarget(call.target) === formatTarget(target)) continue;
    saved += costHere(call, inputs) - costAt(call, target, call.startedAtMs, inputs);
    moved += 1;
  }
  return { saved, moved };
}

function provenTargets(calls: readonly PaidCall[]): readonly Target[] {
  return targetsOf(calls, []).filter((target) => {
    const served = calls.filter((call) => formatTarget(call.target) === formatTarget(target));
    const succeeded = served.filter(({ outcome }) => outcome === "success").length;
    return served.length >= leastProof.calls && succeeded >= served.length * leastProof.successShare;
  });
}
