/** Whether every target can be reached, and every rule. */
import { knownProviders } from "../known-providers.ts";
import { nearestName } from "../../core/text/near-names.ts";
import { maxAliasDepth } from "../../core/target.ts";
import type { SettingPath } from "../problem.ts";
import type { Config, RuleConfig } from "../schema.ts";
import { errorAt, repetitions } from "./finding.ts";
import type { CheckFinding } from "./finding.ts";
import { checkReach } from "./reach.ts";

export function checkRouting(config: Config): readonly CheckFinding[] {
  const { rules } = config.routing;
  return [
    ...targetSettings(config).flatMap(({ path, names }) => checkTargets(config, path, names)),
    ...Object.keys(config.routing.fallbacks).flatMap((name) => checkFallbackName(config, name)),
    ...repetitions(rules.map((rule) => rule.name)).map(({ value, index }) =>
      errorAt(["routing", "rules", index, "name"], `two rules are named ${value}`),
    ),
    ...rules.flatMap((rule, index) => checkConditions(rule, ["routing", "rules", index, "when"])),
    ...checkReach(rules),
  ];
}

/** Every place where targets stand. */
function targetSettings({ aliases, routing }: Config): readonly { path: SettingPath; names: readonly string[] }[] {
  const { scenarios, rules, fallbacks } = routing;
  const { longContext, ...plain } = scenarios;
  return [
    ...Object.entries(aliases).map(([name, names]) => ({ path: ["aliases", name], names })),
    { path: ["routing", "default"], names: routing.default ?? [] },
    { path: ["routing", "contextOverflow"], names: routing.contextOverflow ?? [] },
    ...rules.map((rule, index) => ({ path: ["routing", "rules", index, "to"], names: rule.to ?? [] })),
    ...Object.entries(plain).map(([name, names]) => ({ path: ["routing", "scenarios", name], names: names ?? [] })),
    { path: ["routing", "scenarios", "longContext", "to"], names: longContext?.to ?? [] },
    ...Object.entries(fallbacks).map(([name, names]) => ({ path: ["routing", "fallbacks", name], names })),
  ];
}

function checkTargets(config: Config, path: SettingPath, names: readonly string[]): readonly CheckFinding[] {
  return names.flatMap((name, index) => {
    const place = names.length > 1 ? [...path, index] : path;
    return checkTarget(config, place, name);
  });
}

/** A target is `provider/model` (or `provider,model`), an alias, or a model that a provider lists. */
function checkTarget({ providers, aliases }: Config, path: SettingPath, name: string): readonly CheckFinding[] {
  const target = splitTarget(name);
  const own = target === null ? undefined : providers[target.provider];
  if (target !== null && own !== undefined) {
    if (!own.restrictModels || target.model === "*" || Object.hasOwn(own.models, target.model)) return [];
    const problem = `provider ${target.provider} serves its listed models only, and ${target.model} is none of them`;
    return [errorAt(path, problem, () => nearestName(target.model, Object.keys(own.models)))];
  }
  if (Object.hasOwn(aliases, name)) {
    const problem = chainProblem(aliases, name);
    return problem === null ? [] : [errorAt(path, problem)];
  }
  if (Object.values(providers).some((provider) => Object.hasOwn(provider.models, name))) return [];
  // Without any configured provider, those of the environment count: which they are is not known here.
  if (target !== null && Object.keys(providers).length === 0 && isKnownKind(target.provider)) return [];
  return [errorAt(path, ...unknownTarget(Object.keys(providers), Object.keys(aliases), target, name))];
}

/** What is wrong with the aliases that `name` leads through; null for nothing. */
function chainProblem(aliases: Config["aliases"], name: string, trail: readonly string[] = []): string | null {
  if (trail.includes(name)) return "leads in a circle";
  if (trail.length === maxAliasDepth) return `leads through more than ${maxAliasDepth} aliases`;
  const problems = (aliases[name] ?? []).map((next) =>
    Object.hasOwn(aliases, next) ? chainProblem(aliases, next, [...trail, name]) : null,
  );
  return problems.find((problem) => problem !== null) ?? null;
}

function unknownTarget(
  providers: readonly string[],
  aliases: readonly string[],
  target: { readonly provider: string; readonly model: string } | null,
  name: string,
): [problem: string, nearest: () => string | null] {
  if (target === null) {
    return [`${name} is neither \`provider/model\` nor an alias nor a listed model`, () => nearestName(name, aliases)];
  }
  const meant = (): string | null => {
    const nearest = nearestName(target.provider, providers);
    return nearest === null ? nearestName(name, aliases) : `${nearest}/${target.model}`;
  };
  return [`no provider named ${target.provider} is configured`, meant];
}

function checkFallbackName({ providers }: Config, name: string): readonly CheckFinding[] {
  if (name === "*") return [];
  const path = ["routing", "fallbacks", name];
  const target = splitTarget(name);
  if (target === null || !(isEmpty(providers) || Object.hasOwn(providers, target.provider)))
    return [errorAt(path, "must be `provider/model` of a configured provider, or `*`")];
  if (target.model.includes("*")) return [errorAt(path, patternAsFallback)];
  const written = `${target.provider}/${target.model}`;
  if (name === written) return [];
  return [errorAt(path, "matches no target: targets are written `provider/model` here", () => written)];
}

const patternAsFallback =
  "matches no target: patterns have no meaning here; name each `provider/model`, or write `*` for all that have no entry of their own";

function checkConditions({ when }: RuleConfig, path: SettingPath): readonly CheckFinding[] {
  const findings: CheckFinding[] = [];
  const { minInputTokens, maxInputTokens, hours } = when;
  if (minInputTokens !== undefined && maxInputTokens !== undefined && minInputTokens > maxInputTokens) {
    findings.push(errorAt([...path, "minInputTokens"], "is above `maxInputTokens`: no call can match"));
  }
  if (hours !== undefined) {
    const [from, to] = hours.split("-").map(Number);
    if (from === to) findings.push(errorAt([...path, "hours"], "begins and ends at the same hour: no call can match"));
  }
  return findings;
}

function splitTarget(name: string): { readonly provider: string; readonly model: string } | null {
  const match = /^\s*([^/,\s]+)\s*[/,]\s*(\S.*)$/.exec(name);
  return match === null ? null : { provider: match[1] ?? "", model: match[2] ?? "" };
}

function isKnownKind(name: string): boolean {
  return knownProviders.some((provider) => provider.kind === name);
}

function isEmpty(map: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(map).length === 0;
}
