/**
 * The plan of a call: which targets, in which order, and why. Pure: all that it depends on is handed in.
 *
 * Asked in this order: the own module; the configuration's rules; a model name that names its provider; the subagent
 * tag; the scenarios; the model's name; the default for unknown names.
 */
import { GatewayError } from "../core/errors/errors.ts";
import { formatTarget, isSameTarget } from "../core/target.ts";
import type { Plan, PlannedTarget, Target } from "../core/target.ts";
import { nearNames } from "../core/text/near-names.ts";
import { isSmallModelName } from "../core/small-model-name.ts";
import type { RouteFunction } from "./define-route.ts";
import type { ModelDirectory } from "./model-directory.ts";
import type { RequestFeatures } from "./request-features.ts";
import type { Rule, TargetNames } from "./rules.ts";

export interface RouteTable {
  readonly directory: ModelDirectory;
  readonly ownRoute: RouteFunction | null;
  readonly rules: readonly Rule[];
  readonly scenarios: readonly Rule[];
  /** Where names go that mean nothing; null refuses them. */
  readonly defaults: DefaultTargets | null;
  /** `provider/model` or `*` to targets that follow a plan's own. */
  readonly fallbacks: Readonly<Record<string, readonly string[]>>;
  readonly maxTargets: number;
  /** Told of an own module that threw: the call goes on without it. */
  readonly onOwnRouteError: (error: unknown) => void;
}

export interface DefaultTargets {
  readonly main: TargetNames;
  /** For names that say of themselves that they are small and fast, as Claude Code's background calls ask for. */
  readonly small: TargetNames;
}

interface Choice {
  readonly rule: string;
  readonly reason: string;
  readonly targets: readonly Target[];
}

/** Throws GatewayError: `caller_model_not_found`, `caller_permission_denied` (a rule rejects it), `router_no_target`. */
export function planRoute(table: RouteTable, features: RequestFeatures): Plan {
  const choice =
    viaOwnModule(table, features) ??
    viaRules(table, table.rules, features) ??
    viaExplicitName(table, features) ??
    viaSubagentTag(table, features) ??
    viaRules(table, table.scenarios, features) ??
    viaName(table, features);
  return { rule: choice.rule, reason: choice.reason, targets: withFallbacks(table, choice, features.askedModel) };
}

/** The plan with the session's target first, where the plan holds it. */
export function withAffinity(plan: Plan, sticky: Target | null): Plan {
  if (sticky === null) return plan;
  const at = plan.targets.findIndex((target) => isSameTarget(target, sticky));
  if (at <= 0) return plan;
  const reason = `the session's target, before that ${plan.targets[at]!.reason}`;
  return { ...plan, reason, targets: [{ ...sticky, reason }, ...plan.targets.filter((_, index) => index !== at)] };
}

function viaOwnModule(table: RouteTable, features: RequestFeatures): Choice | null {
  if (table.ownRoute === null) return null;
  try {
    const decision = table.ownRoute(features);
    if (decision === null || decision === undefined) return null;
    if (decision instanceof Promise) {
      decision.catch(table.onOwnRouteError);
      throw new TypeError("the own route answered a promise: it must decide at once");
    }
    if (typeof decision !== "object")
      throw new TypeError(`the own route answered ${String(decision)}, which is no decision`);
    if ("reject" in decision) throw new GatewayError("caller_permission_denied", decision.reject);
    const targets = targetsOf(table, decision.to, features.askedModel);
    if (targets === null || targets.length === 0)
      throw new TypeError(`the own route answered ${JSON.stringify(decision.to)}, which is no target`);
    const reason = decision.reason ?? "the own routing module";
    if (typeof reason !== "string") throw new TypeError("the own route gave a reason that is no text");
    return { rule: "own-module", reason, targets };
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    table.onOwnRouteError(error);
    return null;
  }
}

function viaRules(table: RouteTable, rules: readonly Rule[], features: RequestFeatures): Choice | null {
  for (const rule of rules) {
    if (!rule.matches(features)) continue;
    if (rule.action.kind === "reject") throw new GatewayError("caller_permission_denied", rule.action.message);
    const targets = targetsOf(table, rule.action.to, features.askedModel);
    if (targets !== null && targets.length > 0) return { rule: rule.name, reason: rule.reason, targets };
  }
  return null;
}

/**
 * The targets that are written. Where none of their providers lists the model (`restrictModels`) the call is refused:
 * passed over, the rule would let it go wherever the next one sends it.
 */
function targetsOf(table: RouteTable, to: TargetNames, askedModel: string): readonly Target[] | null {
  const targets = table.directory.parseTargets(to, askedModel);
  if (targets?.length !== 0 || to.length === 0) return targets;
  const reason = `it would go to ${[to].flat().join(", ")}, which serves listed models only`;
  throw unknownModel(askedModel, reason, table.directory.names());
}

function viaExplicitName({ directory }: RouteTable, { askedModel }: RequestFeatures): Choice | null {
  const resolved = directory.explicitTarget(askedModel);
  return resolved?.kind === "targets" ? resolved : null;
}

function viaSubagentTag(table: RouteTable, features: RequestFeatures): Choice | null {
  const model = features.subagentModel();
  if (model === null) return null;
  const resolved = table.directory.resolve(model);
  if (resolved.kind === "unknown") throw unknownModel(model, resolved.reason, table.directory.names());
  return { ...resolved, rule: "subagent-tag", reason: `the prompt's CCR-SUBAGENT-MODEL tag: ${resolved.reason}` };
}

/** Of a name that means nothing, the default. */
function viaName(table: RouteTable, { askedModel }: RequestFeatures): Choice {
  const resolved = table.directory.resolve(askedModel);
  return resolved.kind === "targets" ? resolved : viaDefault(table, askedModel, resolved.reason);
}

function viaDefault(table: RouteTable, askedModel: string, reason: string): Choice {
  if (table.defaults === null) throw unknownModel(askedModel, reason, table.directory.names());
  const names = isSmallModelName(askedModel) ? table.defaults.small : table.defaults.main;
  const targets = targetsOf(table, names, askedModel);
  if (targets === null || targets.length === 0) {
    throw new GatewayError(
      "router_no_target",
      `No target serves the model ${askedModel}, and no default is configured.`,
    );
  }
  return { rule: "default", reason: `the default: ${reason}`, targets };
}

function unknownModel(model: string, reason: string, names: readonly string[]): GatewayError {
  const near = nearNames(model, names);
  const hint = near.length === 0 ? "" : ` Did you mean ${near.join(", ")}?`;
  return new GatewayError("caller_model_not_found", `model: ${model} (${reason}).${hint}`);
}

function withFallbacks(table: RouteTable, choice: Choice, askedModel: string): readonly PlannedTarget[] {
  const planned: PlannedTarget[] = [];
  const add = (target: Target, reason: string): void => {
    if (!planned.some((other) => isSameTarget(other, target))) planned.push({ ...target, reason });
  };
  for (const target of choice.targets) add(target, choice.reason);
  for (const target of choice.targets) {
    const name = formatTarget(target);
    const written = table.fallbacks[name] ?? table.fallbacks["*"] ?? [];
    for (const fallback of table.directory.parseTargets(written, askedModel) ?? [])
      add(fallback, `fallback of ${name}`);
  }
  return planned.slice(0, table.maxTargets);
}
