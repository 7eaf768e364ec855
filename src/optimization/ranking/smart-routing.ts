/**
 * Whether one target may serve a call in the place of another: never silently, never because it is cheaper.
 *
 * The same model elsewhere may, always. Another model may only where smart routing is on and the rule that planned the
 * call is one that allows it, as background calls do. A request that names its provider goes there. Pure.
 */
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";

export interface SmartRoutingSettings {
  readonly isEnabled: boolean;
  /** Names of the rules whose calls another model of their plan may serve. */
  readonly rules: ReadonlySet<string>;
}

export const defaultSmartRoutingRules: ReadonlySet<string> = new Set(["background"]);

export type Replacement =
  | { readonly kind: "same-model" }
  /** Another model, by leave of a rule; `reason` says which, for the plan and the record. */
  | { readonly kind: "allowed"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string };

/** May `other` serve what `rule` planned for `planned`? */
export function mayReplace(
  planned: Target,
  other: Target,
  rule: string,
  { isEnabled, rules }: SmartRoutingSettings,
): Replacement {
  if (rule === "explicit") return { kind: "refused", reason: "the request names its provider" };
  if (modelFamily(planned.model) === modelFamily(other.model)) return { kind: "same-model" };
  const models = `${formatTarget(other)} in place of ${formatTarget(planned)}`;
  if (!isEnabled) return { kind: "refused", reason: `smart routing is off: not ${models}` };
  if (!rules.has(rule)) return { kind: "refused", reason: `rule ${rule} does not allow another model: not ${models}` };
  return { kind: "allowed", reason: `rule ${rule} allows another model: ${models}` };
}

/**
 * The model without what providers add to its name: its maker (`anthropic/…`, Amazon Bedrock's `us.anthropic.…`), its date,
 * `-latest`, Bedrock's `-v1:0`. What else stands behind a colon (`:free`, `:70b`) is another offer and stays.
 */
export function modelFamily(model: string): string {
  return model
    .slice(model.lastIndexOf("/") + 1)
    .toLowerCase()
    .replace(/^(?:[a-z]+\.){1,2}/, "")
    .replace(/-v\d+:\d+$/, "")
    .replace(/(\d)\.(?=\d)/g, "$1-")
    .replace(/[-@](?:20\d{6}|20\d\d-\d\d-\d\d|latest)$/, "");
}
