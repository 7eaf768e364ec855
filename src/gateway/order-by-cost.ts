/** Puts a plan in the order of cost, with what the running router knows of sessions, targets and budgets. */
import { isSameTarget } from "../core/target.ts";
import type { Plan, Target } from "../core/target.ts";
import type { TargetKnowledge } from "../optimization/estimate-session.ts";
import { planByCost } from "../optimization/plan-by-cost.ts";
import type { Measured } from "../optimization/rank-targets.ts";
import type { RemainingShares } from "../optimization/remaining-shares.ts";
import type { CostThresholds } from "../optimization/score-weights.ts";
import type { SessionCaches } from "../optimization/session-caches.ts";
import type { SmartRoutingSettings } from "../optimization/smart-routing.ts";
import { defaultMovePolicy } from "../optimization/stay-or-move.ts";
import type { CallFeatures } from "./call-features.ts";
import type { Gateway } from "./gateway.ts";
import { subjectOf } from "./hold-budget.ts";

export interface CostRouting {
  readonly knowledge: TargetKnowledge;
  readonly sessions: Pick<SessionCaches, "find">;
  readonly remainingShares: Pick<RemainingShares, "find">;
  readonly thresholds: CostThresholds;
  readonly smartRouting: SmartRoutingSettings;
  /** Whether budgets weigh in. */
  readonly countsBudgets: boolean;
  readonly qualityOf: (target: Target) => Measured | null;
  readonly latencyOf: (target: Target) => Measured | null;
}

/** The plan in its new order; `affine`: where the session's calls by this rule went so far. */
export function orderByCost(
  gateway: Gateway,
  routing: CostRouting,
  plan: Plan,
  features: CallFeatures,
  affine: Target | null,
): Plan {
  if (plan.targets.length < 2) return plan;
  const { caller, askedModel, client } = features;
  const { sessionId, agentId } = client;
  const nowMs = gateway.clock.nowMs();
  const state = sessionId === null ? null : routing.sessions.find({ sessionId, agentId, askedModel });
  const ordered = planByCost(plan, {
    ...routing,
    state,
    hasSession: sessionId !== null,
    requestBytes: features.requestBytes,
    nowMs,
    policy: defaultMovePolicy,
    current: affine ?? state?.lastTarget ?? null,
    remainingBudgetShare: routing.countsBudgets
      ? routing.remainingShares.find(subjectOf(caller, askedModel), nowMs)
      : null,
    isFailing: (target) => isFailing(gateway, target, nowMs),
  });
  const [unrouted, first] = [plan.targets[0]!, ordered.targets[0]!];
  if (isSameTarget(unrouted, first)) return ordered;
  return { ...ordered, unrouted: { provider: unrouted.provider, model: unrouted.model } };
}

/** Only asks: planning takes no key's turn and no breaker's probe. A breaker that lets a probe through is none in the way. */
function isFailing(gateway: Gateway, target: Target, nowMs: number): boolean {
  const provider = gateway.providers.get(target.provider);
  return provider?.credentials.hasFree(nowMs, [], target.model) !== true || gateway.breakers.isOpen(target, nowMs);
}
