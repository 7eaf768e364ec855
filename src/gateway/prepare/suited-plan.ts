/**
 * Which target of a plan comes first: those before it cannot be asked what the request holds, and are no part of the plan.
 *
 * Money, cache and the flight of identical calls go by a plan's first target, so it must be one that can be asked. Targets
 * behind it are judged when their turn comes: making a request for each would cost every call.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import { formatTarget } from "../../core/target.ts";
import type { Plan, PlannedTarget } from "../../core/target.ts";

export interface UnsuitedTarget {
  readonly target: PlannedTarget;
  readonly error: GatewayError;
}

export type SuitedPlan<Request> =
  | {
      readonly kind: "suited";
      readonly plan: Plan;
      /** For the plan's first target. */
      readonly request: Request;
      /** Those that stood before it. */
      readonly unsuited: readonly UnsuitedTarget[];
    }
  | { readonly kind: "unsuited"; readonly unsuited: readonly UnsuitedTarget[] };

/** Whether an error of `prepareRequest` is the target's want alone: another one may serve the request as it is. */
export function isUnsuited(error: unknown): error is GatewayError {
  if (!(error instanceof GatewayError)) return false;
  return error.code === "caller_unsupported_content" || error.code === "router_not_supported";
}

/** `prepare` makes the request for a target; what it throws is thrown on unless it tells of an unsuited target. */
export function toSuitedPlan<Request>(plan: Plan, prepare: (target: PlannedTarget) => Request): SuitedPlan<Request> {
  const unsuited: UnsuitedTarget[] = [];
  for (const target of plan.targets) {
    try {
      const request = prepare(target);
      return { kind: "suited", plan: withoutUnsuited(plan, unsuited), request, unsuited };
    } catch (error) {
      if (!isUnsuited(error)) throw error;
      unsuited.push({ target, error });
    }
  }
  return { kind: "unsuited", unsuited };
}

function withoutUnsuited(plan: Plan, unsuited: readonly UnsuitedTarget[]): Plan {
  if (unsuited.length === 0) return plan;
  const names = unsuited.map(({ target }) => formatTarget(target)).join(", ");
  const reason = `${plan.reason}; not ${names}, which cannot do what the request asks for`;
  return { ...plan, reason, targets: plan.targets.slice(unsuited.length) };
}
