/** Plans a call: may this caller ask for this model, where does it go, and where was its session before? */
import type { Caller } from "../core/caller.ts";
import { GatewayError } from "../core/errors.ts";
import type { Plan, Target } from "../core/target.ts";
import { planRoute, withAffinity } from "../routing/plan.ts";
import { passthroughKeyId } from "./authenticate.ts";
import type { CallFeatures } from "./call-features.ts";
import { withFurtherModels } from "./further-models.ts";
import type { Gateway } from "./gateway.ts";
import { deniedModel, mayAskFor } from "./may-ask-for.ts";
import { orderByCost } from "./order-by-cost.ts";

/** Throws GatewayError `caller_permission_denied`, `caller_model_not_found` or `router_no_target`. */
export function planCall(gateway: Gateway, features: CallFeatures): Plan {
  const { caller, sessionId } = features;
  requireAllowedModel(caller, features.askedModel);
  const tagged = features.subagentModel();
  if (tagged !== null) requireAllowedModel(caller, tagged);
  const planned = planRoute(gateway.routes, features);
  const plan = withFurtherModels(gateway, features, withAllowedTargets(gateway, caller, planned));
  const affine = sessionId === null ? null : (gateway.affinity?.find(sessionId, plan.rule) ?? null);
  const { costRouting } = gateway;
  if (costRouting === null || features.endpoint === "count-tokens") return withAffinity(plan, affine);
  return orderByCost(gateway, costRouting, plan, features, affine);
}

function requireAllowedModel(caller: Caller, model: string): void {
  if (!mayAskFor(caller, model)) throw deniedModel(caller, model);
}

/** Whether a caller may be sent to a target: without a key of this router it spends its own money only. */
export function mayBeSentTo(gateway: Gateway, caller: Caller, { provider }: Target): boolean {
  return caller.keyId !== passthroughKeyId || gateway.providers.get(provider)?.isPassthrough === true;
}

function withAllowedTargets(gateway: Gateway, caller: Caller, plan: Plan): Plan {
  if (caller.keyId !== passthroughKeyId) return plan;
  const targets = plan.targets.filter((target) => mayBeSentTo(gateway, caller, target));
  if (targets.length > 0) return { ...plan, targets };
  throw new GatewayError(
    "caller_authentication_failed",
    "this model is served with a key of this router only: send yours as x-api-key, beside your own login",
  );
}
