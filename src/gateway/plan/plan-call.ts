/** Plans a call: may this caller ask for this model, where does it go, and where was its session before? */
import type { Caller } from "../../core/caller.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import type { Plan, Target } from "../../core/target.ts";
import type { Affinity } from "../../routing/affinity.ts";
import type { RouteTable } from "../../routing/plan.ts";
import { planRoute, withAffinity } from "../../routing/plan.ts";
import { passthroughKeyId } from "../request/authenticate.ts";
import type { CallFeatures } from "../request/call-features.ts";
import type { KnownProviders } from "./further-models.ts";
import { withFurtherModels } from "./further-models.ts";
import { deniedModel, mayAskFor } from "./may-ask-for.ts";
import type { CostRouting, RunningTargets } from "./order-by-cost.ts";
import { orderByCost } from "./order-by-cost.ts";

interface Planning extends RunningTargets {
  readonly routes: RouteTable;
  readonly affinity: Pick<Affinity, "find"> | null;
  readonly costRouting: CostRouting | null;
}

/** Throws GatewayError `caller_permission_denied`, `caller_model_not_found` or `router_no_target`. */
export function planCall(planning: Planning, features: CallFeatures): Plan {
  const { caller, sessionId } = features;
  requireAllowedModel(caller, features.askedModel);
  const tagged = features.subagentModel();
  if (tagged !== null) requireAllowedModel(caller, tagged);
  const planned = planRoute(planning.routes, features);
  const plan = withFurtherModels(planning, features, withAllowedTargets(planning, caller, planned));
  const affine = sessionId === null ? null : (planning.affinity?.find(sessionId, plan.rule) ?? null);
  const { costRouting } = planning;
  if (costRouting === null || features.endpoint === "count-tokens") return withAffinity(plan, affine);
  return orderByCost(planning, costRouting, plan, features, affine);
}

function requireAllowedModel(caller: Caller, model: string): void {
  if (!mayAskFor(caller, model)) throw deniedModel(caller, model);
}

/** Whether a caller may be sent to a target: without a key of this router it spends its own money only. */
export function mayBeSentTo({ providers }: KnownProviders, caller: Caller, { provider }: Target): boolean {
  return caller.keyId !== passthroughKeyId || providers.get(provider)?.isPassthrough === true;
}

function withAllowedTargets(known: KnownProviders, caller: Caller, plan: Plan): Plan {
  if (caller.keyId !== passthroughKeyId) return plan;
  const targets = plan.targets.filter((target) => mayBeSentTo(known, caller, target));
  if (targets.length > 0) return { ...plan, targets };
  throw new GatewayError(
    "caller_authentication_failed",
    "this model is served with a key of this router only: send yours as x-api-key, beside your own login",
  );
}
