/** Puts a plan in the order of cost, with what the running router knows of sessions, targets and budgets. */
import { isSameTarget } from "../../core/target.ts";
import type { Plan, Target } from "../../core/target.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { TargetKnowledge } from "../../optimization/sessions/estimate-session.ts";
import { planByCost } from "../../optimization/ranking/plan-by-cost.ts";
import type { TargetMeasures } from "../../optimization/ranking/rank-candidates.ts";
import type { RemainingShares } from "../../optimization/remaining-shares.ts";
import type { CostThresholds } from "../../optimization/ranking/score-weights.ts";
import { findConversation } from "../../optimization/sessions/find-conversation.ts";
import type { SessionCaches } from "../../optimization/sessions/session-caches.ts";
import type { SmartRoutingSettings } from "../../optimization/ranking/smart-routing.ts";
import type { BreakerBoard } from "../../providers/breaker-board.ts";
import type { CallFeatures } from "../request/call-features.ts";
import type { KnownProviders } from "./further-models.ts";
import { subjectOf } from "../limits/hold-budget.ts";

export interface CostRouting extends TargetMeasures {
  readonly knowledge: TargetKnowledge;
  readonly sessions: Pick<SessionCaches, "find">;
  readonly remainingShares: Pick<RemainingShares, "find">;
  readonly thresholds: CostThresholds;
  readonly smartRouting: SmartRoutingSettings;
  /** Whether budgets weigh in. */
  readonly countsBudgets: boolean;
}

/** What runs now: where targets are, and which of them fail. */
export interface RunningTargets extends KnownProviders {
  readonly clock: Clock;
  readonly breakers: Pick<BreakerBoard, "isOpen">;
}

/** The plan in its new order; `affine`: where the session's calls by this rule went so far. */
export function orderByCost(
  running: RunningTargets,
  routing: CostRouting,
  plan: Plan,
  features: CallFeatures,
  affine: Target | null,
): Plan {
  if (plan.targets.length < 2) return plan;
  const { caller, askedModel, client } = features;
  const nowMs = running.clock.nowMs();
  const conversation = findConversation(routing.sessions, client, askedModel);
  const ordered = planByCost(plan, {
    ...routing,
    ...conversation,
    requestBytes: features.requestBytes,
    nowMs,
    current: affine ?? conversation.state?.lastTarget ?? null,
    remainingBudgetShare: routing.countsBudgets
      ? routing.remainingShares.find(subjectOf(caller, askedModel), nowMs)
      : null,
    isFailing: (target) => isFailing(running, target, nowMs),
  });
  const unrouted = plan.targets.find((target) => !isFailing(running, target, nowMs));
  if (unrouted === undefined || isSameTarget(unrouted, ordered.targets[0]!)) return ordered;
  return { ...ordered, unrouted: { provider: unrouted.provider, model: unrouted.model } };
}

/** Only asks: planning takes no key's turn and no breaker's probe. A breaker that lets a probe through is none in the way. */
function isFailing({ providers, breakers }: RunningTargets, target: Target, nowMs: number): boolean {
  const provider = providers.get(target.provider);
  return provider?.credentials.hasFree(nowMs, [], target.model) !== true || breakers.isOpen(target, nowMs);
}
