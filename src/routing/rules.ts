/**
 * The rules of a configuration, compiled, in the order in which they are asked; the first that matches wins.
 *
 * Scenarios are rules too: the ones that Claude Code users know by name, behind the configuration's own.
 */
import type { ConditionSettings, Condition } from "./conditions.ts";
import { compileConditions } from "./conditions.ts";

/** Targets as a configuration writes them: `provider/model`, an alias, `provider/*`. */
export type TargetNames = string | readonly string[];

export interface RuleSettings {
  readonly name: string;
  readonly when: ConditionSettings;
  readonly to?: TargetNames | undefined;
  /** A sentence: such calls are refused with it. */
  readonly reject?: string | undefined;
}

export interface ScenarioSettings {
  readonly background?: TargetNames | undefined;
  readonly think?: TargetNames | undefined;
  readonly longContext?: { readonly thresholdTokens: number; readonly to: TargetNames } | undefined;
  readonly webSearch?: TargetNames | undefined;
  readonly image?: TargetNames | undefined;
  readonly subagent?: TargetNames | undefined;
}

export type RuleAction =
  | { readonly kind: "route"; readonly to: TargetNames }
  | { readonly kind: "reject"; readonly message: string };

export interface Rule {
  readonly name: string;
  /** Why a call that matches goes there, in words. */
  readonly reason: string;
  readonly matches: Condition;
  readonly action: RuleAction;
}

/** The configuration's own rules, in its order. */
export function compileRules(rules: readonly RuleSettings[]): readonly Rule[] {
  return rules.map((rule) => ({
    name: rule.name,
    reason: `rule ${rule.name} (${describe(rule.when)})`,
    matches: compileConditions(rule.when),
    action: rule.reject === undefined ? { kind: "route", to: rule.to ?? [] } : { kind: "reject", message: rule.reject },
  }));
}

/** The scenarios as rules. The order is that of claude-code-router, which users bring along. */
export function compileScenarios(scenarios: ScenarioSettings): readonly Rule[] {
  const { longContext } = scenarios;
  const rules: Rule[] = [];
  const add = (name: string, to: TargetNames | undefined, reason: string, when: ConditionSettings): void => {
    if (to !== undefined) rules.push({ name, reason, matches: compileConditions(when), action: { kind: "route", to } });
  };
  add("longContext", longContext?.to, `at least ${longContext?.thresholdTokens} input tokens`, {
    minInputTokens: longContext?.thresholdTokens,
  });
  add("subagent", scenarios.subagent, "a subagent's call", { subagent: true });
  add("background", scenarios.background, "a small fast model was asked for", { model: "*haiku*" });
  add("webSearch", scenarios.webSearch, "a web search tool", { webSearch: true });
  add("image", scenarios.image, "an image in the newest message", { hasImages: true });
  add("think", scenarios.think, "thinking is asked for", { thinking: true });
  return rules;
}

function describe(when: ConditionSettings): string {
  const parts = Object.entries(when)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  return parts.length === 0 ? "every call" : parts.join(", ");
}
