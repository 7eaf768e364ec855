/**
 * The configuration of claude-code-router 1.x and 2.x (`~/.claude-code-router/config.json`), read tolerantly.
 *
 * Its form: https://github.com/musistudio/claude-code-router (README, docs/docs/server/config at version 2.0). Later
 * versions keep their settings in a database and cannot be read here.
 */
import { parseDocument } from "yaml";
import { isJsonObject, toJsonArray, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

export interface ForeignTransformer {
  readonly name: string;
  readonly options: JsonObject;
}

export interface ForeignProvider {
  readonly name: string;
  readonly url: string;
  readonly key: string;
  readonly models: readonly string[];
  readonly transformers: readonly ForeignTransformer[];
  /** Transformers of single models. */
  readonly modelTransformers: Readonly<Record<string, readonly ForeignTransformer[]>>;
  /** Names of its other settings. */
  readonly others: readonly string[];
}

export interface ForeignConfig {
  readonly providers: readonly ForeignProvider[];
  readonly router: JsonObject;
  /** By scenario, `provider,model`. */
  readonly fallback: Readonly<Record<string, readonly string[]>>;
  /** Everything else, by its name in the file. */
  readonly settings: JsonObject;
}

/** The file's text (JSON, with the comments and trailing commas that JSON5 allows); null if it is no such file. */
export function parseForeignConfig(text: string): ForeignConfig | null {
  // JSON takes the last of equal names.
  const document = parseDocument(asYaml(text), { prettyErrors: false, uniqueKeys: false });
  const value: unknown = document.errors.length > 0 ? null : document.toJS();
  if (!isJsonObject(value)) return null;
  const { Providers, providers, Router, router, fallback, ...settings } = value;
  return {
    providers: toJsonArray(Providers ?? providers)
      .filter(isJsonObject)
      .map(toProvider),
    router: toJsonObject(Router ?? router),
    fallback: Object.fromEntries(Object.entries(toJsonObject(fallback)).map(([name, list]) => [name, toTexts(list)])),
    settings,
  };
}

const providerSettings: ReadonlySet<string> = new Set(
  "name NAME api_base_url baseUrl baseURL HOST api_key apiKey APIKEY models MODELS transformer transformers".split(" "),
);

/** Names differ between versions and between the pages of one version. */
function toProvider(provider: JsonObject): ForeignProvider {
  const { use, ...perModel } = toJsonObject(provider.transformer);
  return {
    name: toText(provider.name ?? provider.NAME).trim(),
    url: toText(provider.api_base_url ?? provider.baseUrl ?? provider.baseURL ?? provider.HOST).trim(),
    key: toText(provider.api_key ?? provider.apiKey ?? provider.APIKEY).trim(),
    models: toTexts(provider.models ?? provider.MODELS),
    // In `transformers`, a form of some pages, "anthropic" names what the clients speak, which goes without saying.
    transformers: toTransformers(use ?? toJsonArray(provider.transformers).filter((name) => name !== "anthropic")),
    modelTransformers: Object.fromEntries(
      Object.entries(perModel).map(([model, value]) => [model, toTransformers(toJsonObject(value).use)]),
    ),
    others: Object.keys(provider).filter((name) => !providerSettings.has(name) && !isComment(name)),
  };
}

/** JSON knows no comments: people write them as settings. */
export function isComment(name: string): boolean {
  return name.startsWith("//");
}

/** A transformer is a name, or a list of a name and its options. */
function toTransformers(value: JsonValue | undefined): readonly ForeignTransformer[] {
  return toJsonArray(value).flatMap((item) => {
    if (typeof item === "string") return [{ name: item.toLowerCase(), options: {} }];
    const [name, options] = toJsonArray(item);
    return typeof name === "string" ? [{ name: name.toLowerCase(), options: toJsonObject(options) }] : [];
  });
}

/** A list, or the only one of it. */
function toTexts(value: JsonValue | undefined): readonly string[] {
  return (typeof value === "string" ? [value] : toJsonArray(value)).filter((item) => typeof item === "string");
}

/**
 * Outside of texts, comments go, and a space follows each colon: `{name:"a"}` has one name in JSON5, and is one in YAML.
 * All else that JSON5 allows here is YAML too.
 */
function asYaml(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/\/[^\n]*|\/\*[^]*?\*\/|:/g, (part) => {
    if (part === ":") return ": ";
    return part.startsWith("/") ? " " : part;
  });
}
