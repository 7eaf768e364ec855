/**
 * Puts the targets of a plan in the order of cost, quality and latency, and says why. It never adds one. Pure.
 *
 * A new conversation begins at the best ranked target; one under way stays where it is, unless its target fails or the
 * saving over its expected rest is worth a move. Targets that may not take the first one's place (another model) keep
 * theirs behind: they are for failures, and a session that one of them served does not stay there.
 */
import { formatUsd } from "../../core/money.ts";
import { isSameTarget } from "../../core/target.ts";
import type { Plan, PlannedTarget, Target } from "../../core/target.ts";
import { estimateSession } from "../sessions/estimate-session.ts";
import type { EstimateInputs } from "../sessions/estimate-session.ts";
import { toRankCandidates } from "./rank-candidates.ts";
import type { TargetMeasures } from "./rank-candidates.ts";
import { scoreTargets } from "./rank-targets.ts";
import type { RankInputs, ScoredTarget } from "./rank-targets.ts";
import type { SessionCost } from "../sessions/session-costs.ts";
import { mayReplace } from "./smart-routing.ts";
import type { SmartRoutingSettings } from "./smart-routing.ts";
import { movePolicy, stayOrMove } from "../sessions/stay-or-move.ts";

export interface PlanByCostInputs extends EstimateInputs, RankInputs, TargetMeasures {
  /** Where the session is now, if anywhere. */
  readonly current: Target | null;
  readonly smartRouting: SmartRoutingSettings;
  /** True for a target that would not serve now: its breaker is open, its keys are cooling down. */
  readonly isFailing: (target: Target) => boolean;
}

/** The plan in its new order, the reason for the first target in words; a plan with one target as it is. */
export function planByCost(plan: Plan, inputs: PlanByCostInputs): Plan {
  if (plan.targets.length < 2) return plan;
  const candidates = candidatesOf(plan, inputs);
  if (candidates.length === 0) return plan;
  const costs = estimateSession(candidates, inputs);
  const ranked = scoreTargets(toRankCandidates(candidates, costs, inputs), inputs);
  const { first, reason } = chooseFirst(candidates, costs, ranked, inputs);
  const why = `${reason} (${first.reason})`;
  const others = ranked.map(({ candidate }) => candidate.target as PlannedTarget).filter((target) => target !== first);
  const kept = plan.targets.filter((target) => !candidates.includes(target));
  return { ...plan, reason: why, targets: [{ ...first, reason: why }, ...others, ...kept] };
}

/** Those that may come first: they serve now, and may take the place of the first. */
function candidatesOf(plan: Plan, { smartRouting, isFailing }: PlanByCostInputs): readonly PlannedTarget[] {
  const [planned] = plan.targets;
  return plan.targets.filter((target) => {
    if (isFailing(target)) return false;
    return target === planned || mayReplace(planned!, target, plan.rule, smartRouting).kind !== "refused";
  });
}

function chooseFirst(
  candidates: readonly PlannedTarget[],
  costs: readonly SessionCost[],
  ranked: readonly ScoredTarget[],
  inputs: PlanByCostInputs,
): { readonly first: PlannedTarget; readonly reason: string } {
  const { current } = inputs;
  const at = current === null ? -1 : candidates.findIndex((target) => isSameTarget(target, current));
  if (at < 0) return { first: ranked[0]!.candidate.target as PlannedTarget, reason: rankReason(ranked, inputs) };
  if (candidates.length === 1) return { first: candidates[at]!, reason: "the session's target" };
  const decision = stayOrMove(costs, at);
  const saving = formatUsd(Math.abs(decision.savingNanoUsd));
  const over = `over ${movePolicy.restTurns + 1} calls`;
  if (decision.kind === "move") {
    return {
      first: candidates[decision.to]!,
      reason: `the session moves: that saves ${saving} ${over}, the cold start included`,
    };
  }
  const why =
    decision.savingNanoUsd <= 0
      ? `moving costs ${saving} more ${over}`
      : `moving saves ${saving} ${over}, less than the ${formatUsd(decision.thresholdNanoUsd)} that it must`;
  return { first: candidates[at]!, reason: `the session's target: ${why}` };
}

/** Short: the whole account is `optimizeRoute`'s. */
function rankReason(ranked: readonly ScoredTarget[], { current, isFailing }: PlanByCostInputs): string {
  const { score, candidate, parts } = ranked[0]!;
  const cost = `${formatUsd(candidate.costNanoUsd)} expected, cost weighs ${parts.cost.weight}`;
  const rank = `ranked first of ${ranked.length} with ${score.toFixed(2)} of 1 (${cost})`;
  if (current === null) return rank;
  return `${rank}, the session's target ${isFailing(current) ? "does not serve now" : "only stood in"}`;
}
