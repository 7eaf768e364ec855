/** A catalog entry: what is known of a provider before anybody configures it. Facts with their sources, no code. */
import type { Dialect } from "../../core/dialect.ts";
import type { TargetTraits } from "../../dialects/target-traits.ts";

/** Traits that differ from `defaultTraits`. */
export type TraitChanges = Partial<Omit<TargetTraits, "target">>;

export interface CatalogModel {
  readonly name: string;
  /** null where it is not published. */
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
}

/** Traits of the models whose name matches; a later one in the list goes over an earlier one. */
export interface ModelTraits {
  readonly matches: RegExp;
  readonly traits: TraitChanges;
}

/** Something that a reader of the entry's data would ask "why?" about. */
export interface Quirk {
  readonly fact: string;
  /** Address of the page that says so. */
  readonly source: string;
}

/** The path of a dialect under the provider's root: `/v1`, or "" where the dialect's own paths begin at the root. */
export type DialectPaths = { readonly [dialect in Dialect]?: string };

export interface CatalogEntry {
  /** The name in configuration: `groq`. */
  readonly kind: string;
  /** The name for people: `Groq`. */
  readonly title: string;
  /** Environment variables that may hold its key, the usual one first; none for servers of one's own. */
  readonly keyVariables: readonly string[];
  /** Header that carries the key. */
  readonly auth: "bearer" | "x-api-key";
  /** Whether calls go out without a key too. */
  readonly isKeyOptional: boolean;
  /** Scheme, host and the path that all dialects share; null for `custom`. */
  readonly root: string | null;
  /** Other roots, by region. */
  readonly regions: Readonly<Record<string, string>>;
  /** Dialects that it speaks natively, the preferred one first. */
  readonly dialects: readonly Dialect[];
  readonly paths: DialectPaths;
  /** Whether the Anthropic dialect has `count_tokens` there. */
  readonly hasCountTokens: boolean;
  /** Dialect in which its models can be listed; null where they cannot. */
  readonly modelList: Dialect | null;
  /** Current models, the most capable first. Others may be asked for as well. */
  readonly models: readonly CatalogModel[];
  /** Where calls go without any rule: `small` serves Claude Code's background calls. null: nothing can be assumed. */
  readonly defaultModels: { readonly main: string; readonly small: string } | null;
  /** Names with `*` by which a bare model name is known as this provider's. */
  readonly modelPatterns: readonly string[];
  readonly traits: TraitChanges;
  readonly modelTraits: readonly ModelTraits[];
  readonly quirks: readonly Quirk[];
  /** Why nobody can call it any more; null for those that live. */
  readonly retired: Quirk | null;
}

type Given = Pick<CatalogEntry, "kind" | "title" | "keyVariables" | "root" | "dialects" | "paths">;

/** An entry that is what most are, but for what is given: bearer key, models listed in the OpenAI dialect, no quirks. */
export function defineEntry(given: Given & Partial<CatalogEntry>): CatalogEntry {
  return {
    auth: "bearer",
    isKeyOptional: false,
    regions: {},
    hasCountTokens: false,
    modelList: "openai-chat",
    models: [],
    defaultModels: null,
    modelPatterns: [],
    traits: {},
    modelTraits: [],
    quirks: [],
    retired: null,
    ...given,
  };
}
