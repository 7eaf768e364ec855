/** The request for the first target that can be asked: with it begins what the call may cost, share and find kept. */
import type { PlannedTarget } from "../../core/target.ts";
import type { Gateway } from "../gateway.ts";
import type { PlannedCall } from "../open-call.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import { prepareRequest } from "../prepare/prepare-request.ts";
import { isUnsuited, toSuitedPlan } from "../prepare/suited-plan.ts";
import { noteUnasked } from "./note-unasked.ts";

/**
 * Sets `call.prepared`, and leaves out of the plan what cannot be asked before it. Throws GatewayError as
 * prepare-request.ts does; where no target can be asked, what the first of them lacks.
 *
 * A provider that does not count tokens is no reason to ask another one: its count would be of another model. `prepared` is
 * null then, and the router counts.
 */
export function prepareFirst(gateway: Gateway, call: PlannedCall): void {
  const suited = toSuitedPlan(call.plan, (target) => prepareOrCount(gateway, call, target));
  for (const { target, error } of suited.unsuited) noteUnasked(call, target, error);
  if (suited.kind === "unsuited") throw suited.unsuited[0]!.error;
  call.plan = suited.plan;
  call.prepared = suited.request;
}

function prepareOrCount(gateway: Gateway, call: PlannedCall, target: PlannedTarget): PreparedRequest | null {
  try {
    return prepareRequest(gateway, call, gateway.providers.get(target.provider)!, target);
  } catch (error) {
    if (call.endpoint === "count-tokens" && isUnsuited(error) && error.code === "router_not_supported") return null;
    throw error;
  }
}
