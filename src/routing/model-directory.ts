/**
 * Which targets a model name means.
 *
 * In this order: an alias; `provider/model` or `provider,model` of a configured provider; an alias with `*`; a model
 * that a provider lists; a provider that is known for such names. All tables are built once; a look-up costs the
 * same for one model and for a thousand.
 */
import { maxAliasDepth } from "../core/target.ts";
import type { Target } from "../core/target.ts";
import { compilePattern } from "./compile-pattern.ts";
import type { TargetNames } from "./rules.ts";

/** What routing needs to know of a provider. */
export interface RoutableProvider {
  readonly name: string;
  readonly models: readonly string[];
  /** Names with `*` by which a bare model name is known as this provider's. */
  readonly modelPatterns: readonly string[];
  /** Whether only listed models may be asked for. */
  readonly restrictsModels: boolean;
  readonly defaultModels: { readonly main: string; readonly small: string } | null;
}

export type ResolvedName =
  | { readonly kind: "targets"; readonly rule: string; readonly reason: string; readonly targets: readonly Target[] }
  | { readonly kind: "unknown"; readonly reason: string };

export interface ModelDirectory {
  resolve(name: string): ResolvedName;
  /**
   * Targets written in configuration (`provider/model`, an alias, `provider/*`); null where the name means nothing. A
   * `provider/*` whose provider keeps to its list is none for other models.
   */
  parseTargets(to: TargetNames, askedModel: string): readonly Target[] | null;
  /** What a name means that names its provider itself; null for others, and for an alias of just this name. */
  explicitTarget(name: string): ResolvedName | null;
  /**
   * Every name that can be asked for, for `/v1/models` and for near names; without models whose own name (Groq's
   * `openai/gpt-oss-120b`) means a model of another provider that is configured, too.
   */
  names(): readonly string[];
}

interface Tables {
  readonly providers: ReadonlyMap<string, RoutableProvider>;
  readonly listed: ReadonlyMap<string, readonly Target[]>;
  readonly aliases: ReadonlyMap<string, TargetNames>;
  readonly wildAliases: readonly { readonly name: string; readonly to: TargetNames; readonly matches: NameTest }[];
  readonly patterns: readonly {
    readonly provider: RoutableProvider;
    readonly pattern: string;
    readonly matches: NameTest;
  }[];
}

type NameTest = (name: string) => boolean;

/** A directory over configured providers and aliases, in the order of the configuration. */
export function createModelDirectory(
  providers: readonly RoutableProvider[],
  aliases: Readonly<Record<string, TargetNames>>,
): ModelDirectory {
  const entries = Object.entries(aliases);
  const tables: Tables = {
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    listed: listModels(providers),
    aliases: new Map(entries.filter(([name]) => !name.includes("*"))),
    wildAliases: entries
      .filter(([name]) => name.includes("*"))
      .map(([name, to]) => ({ name, to, matches: compilePattern(name) })),
    patterns: providers.flatMap((provider) =>
      provider.modelPatterns.map((pattern) => ({ provider, pattern, matches: compilePattern(pattern) })),
    ),
  };
  const listed = [...tables.listed.keys()].filter((name) => splitTarget(name, tables.providers) === null);
  const names = [...new Set([...tables.aliases.keys(), ...listed])];
  return {
    resolve: (name) => resolve(tables, name),
    explicitTarget: (name) => (tables.aliases.has(name) ? null : explicitTarget(tables, name)),
    parseTargets: (to, askedModel) => parseAll(tables, to, askedModel, 0),
    names: () => names,
  };
}

function resolve(tables: Tables, name: string): ResolvedName {
  const alias = tables.aliases.get(name);
  if (alias !== undefined) return viaAlias(tables, name, alias, name);
  const explicit = explicitTarget(tables, name);
  if (explicit !== null) return explicit;
  const wild = tables.wildAliases.find((one) => one.matches(name));
  if (wild !== undefined) return viaAlias(tables, wild.name, wild.to, name);
  const known = tables.listed.get(name);
  if (known !== undefined) return { kind: "targets", rule: "listed", reason: "a configured model", targets: known };
  const owner = tables.patterns.find((one) => !one.provider.restrictsModels && one.matches(name));
  if (owner === undefined) return { kind: "unknown", reason: "no configured provider is known for this model" };
  const reason = `${owner.provider.name} serves ${owner.pattern}`;
  return { kind: "targets", rule: "model-name", reason, targets: [{ provider: owner.provider.name, model: name }] };
}

function explicitTarget(tables: Tables, name: string): ResolvedName | null {
  const target = splitTarget(name, tables.providers);
  if (target === null || target.model === "*") return null;
  if (isUnlisted(tables, target.provider, target.model)) {
    const reason = `provider ${target.provider} serves listed models only, ${target.model} is not among them`;
    return { kind: "unknown", reason };
  }
  return { kind: "targets", rule: "explicit", reason: "the request names its provider", targets: [target] };
}

/** Whether a provider keeps to its list, and `model` is not on it. */
function isUnlisted({ providers }: Tables, name: string, model: string): boolean {
  const provider = providers.get(name);
  return provider?.restrictsModels === true && !provider.models.includes(model);
}

function viaAlias(tables: Tables, name: string, to: TargetNames, askedModel: string): ResolvedName {
  const targets = parseAll(tables, to, askedModel, 0);
  if (targets === null) return { kind: "unknown", reason: `alias ${name} leads nowhere` };
  if (targets.length === 0) return { kind: "unknown", reason: `alias ${name} leads to providers that do not list it` };
  return { kind: "targets", rule: "alias", reason: `alias ${name}`, targets };
}

function parseAll(tables: Tables, to: TargetNames, askedModel: string, depth: number): readonly Target[] | null {
  const targets: Target[] = [];
  for (const written of typeof to === "string" ? [to] : to) {
    const parsed = parseTarget(tables, written, askedModel, depth);
    if (parsed === null) return null;
    targets.push(...parsed);
  }
  return targets;
}

function parseTarget(tables: Tables, written: string, askedModel: string, depth: number): readonly Target[] | null {
  const target = splitTarget(written, tables.providers);
  if (target !== null && target.model !== "*") return [target];
  if (target !== null) return isUnlisted(tables, target.provider, askedModel) ? [] : [{ ...target, model: askedModel }];
  const alias = tables.aliases.get(written);
  if (alias !== undefined) return depth < maxAliasDepth ? parseAll(tables, alias, askedModel, depth + 1) : null;
  return tables.listed.get(written) ?? null;
}

/** The provider and model of `provider/model` or `provider,model`, if that provider is configured. */
function splitTarget(name: string, providers: ReadonlyMap<string, RoutableProvider>): Target | null {
  for (const separator of [",", "/"]) {
    const at = name.indexOf(separator);
    if (at <= 0 || at === name.length - 1) continue;
    const provider = name.slice(0, at).trim();
    if (providers.has(provider)) return { provider, model: name.slice(at + 1).trim() };
  }
  return null;
}

/** Bare model name to its targets, one for each provider that lists it, in the order of configuration. */
function listModels(providers: readonly RoutableProvider[]): ReadonlyMap<string, readonly Target[]> {
  const targets = providers.flatMap(({ name, models }) => models.map((model) => ({ provider: name, model })));
  return Map.groupBy(targets, ({ model }) => model);
}
