/**
 * May a request that names further models (an advisor's, fallbacks) go to a target? They are held against a key's
 * `allowedModels` and a provider's `restrictModels` like the model that is asked for: whoever may not ask for a model
 * may not have it called by the provider either.
 *
 * Providers of another dialect never see such fields: translations leave them out.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import type { Plan, Target } from "../../core/target.ts";
import type { Provider } from "../../providers/provider.ts";
import type { CallFeatures } from "../request/call-features.ts";
import { deniedModel, mayAskFor } from "./may-ask-for.ts";

export interface KnownProviders {
  readonly providers: ReadonlyMap<string, Provider>;
}

/**
 * The plan without the targets that do not serve the further models. Throws GatewayError `caller_permission_denied` where
 * the key does not allow one at the first target, `caller_model_not_found` where no target is left.
 */
export function withFurtherModels(known: KnownProviders, features: CallFeatures, plan: Plan): Plan {
  let refusal: GatewayError | null = null;
  const targets = plan.targets.filter((target, index) => {
    const found = refusalOfFurtherModels(known, features, target);
    if (index === 0 && found?.code === "caller_permission_denied") throw found;
    refusal ??= found;
    return found === null;
  });
  if (refusal !== null && targets.length === 0) throw refusal;
  return targets.length === plan.targets.length ? plan : { ...plan, targets };
}

/**
 * Why the call may not go to `target` for what it names; null for nearly all calls, which are not looked into. Throws as
 * `furtherModels` does.
 */
export function refusalOfFurtherModels(
  { providers }: KnownProviders,
  features: CallFeatures,
  target: Target,
): GatewayError | null {
  const provider = providers.get(target.provider);
  const { caller } = features;
  if (provider === undefined || (caller.allowedModels === null && !provider.restrictsModels)) return null;
  if (!provider.dialects.includes(features.dialect)) return null;
  for (const model of features.furtherModels()) {
    if (!mayAskFor(caller, model) && !mayAskFor(caller, `${target.provider}/${model}`)) {
      return deniedModel(caller, shortened(model));
    }
    if (provider.restrictsModels && !provider.models.includes(model)) {
      const reason = `provider ${target.provider} serves listed models only, ${shortened(model)} is not among them`;
      return new GatewayError("caller_model_not_found", `model: ${shortened(model)} (${reason}).`);
    }
  }
  return null;
}

/** Names are of any length here. */
function shortened(name: string): string {
  return name.slice(0, 200);
}
