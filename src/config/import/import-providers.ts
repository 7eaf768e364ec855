/** The providers of a claude-code-router configuration as providers of ours. */
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { knownProviders } from "../known-providers.ts";
import { milliseconds } from "../schema/values.ts";
import type { ForeignConfig, ForeignProvider, ForeignTransformer } from "./foreign-config.ts";
import { meaningOf } from "./transformers.ts";

export interface ImportedProviders {
  readonly settings: JsonObject;
  /** Our names by theirs. */
  readonly names: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

export function importProviders({ providers, settings }: ForeignConfig): ImportedProviders {
  const names = new Map<string, string>();
  const imported: JsonObject = {};
  const notes: string[] = [];
  const proxy = proxyOf(settings.PROXY_URL, notes);
  const timeoutMs = timeoutOf(settings.API_TIMEOUT_MS, notes);
  for (const provider of providers) {
    const name = toName(provider.name, imported);
    if (name !== provider.name) notes.push(`Providers: "${provider.name}" is named ${name} here`);
    names.set(provider.name, name);
    imported[name] = {
      ...toSettings(provider, name, notes),
      ...(proxy === null || isLocal(provider.url) ? {} : { proxy }),
      ...(timeoutMs === null ? {} : { timeouts: { totalMs: timeoutMs } }),
    };
    for (const other of provider.others) notes.push(`Providers.${provider.name}: ${other}: is not known here`);
  }
  return { settings: imported, names, notes };
}

/** Said once, not for each provider: this and the next one. */
function proxyOf(given: JsonValue | undefined, notes: string[]): string | null {
  if (given === undefined || given === null || given === "") return null;
  const proxy = typeof given === "string" ? toReferences(given) : "";
  if (proxy.includes("${") || /^https?:/i.test(proxy)) return proxy;
  notes.push("PROXY_URL: must be an http:// or https:// address; left out");
  return null;
}

function timeoutOf(given: JsonValue | undefined, notes: string[]): number | string | null {
  if (given === undefined || given === null || given === "") return null;
  const reference = typeof given === "string" ? toReferences(given) : "";
  if (reference.includes("${")) return reference;
  if (milliseconds().safeParse(Number(given)).success) return Number(given);
  notes.push("API_TIMEOUT_MS: is no time in milliseconds that a timer takes (at most 24 days); left out");
  return null;
}

/**
 * `$NAME` and `${NAME}` are references there; here the braces are needed. Within other text only what can hardly be
 * anything else is taken for one: braces around capitals.
 */
export function toReferences(text: string): string {
  const named = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(text);
  return named === null ? text.replaceAll(/\$\{(?![A-Z_][A-Z0-9_]*\})/g, () => "$${") : `\${${named[1]}}`;
}

function toSettings(provider: ForeignProvider, name: string, notes: string[]): JsonObject {
  const { kind, settings: place } = placeOf(provider);
  const isAnthropic = provider.transformers.some((one) => one.name === "anthropic");
  const dialect = isAnthropic ? "anthropic-messages" : "openai-chat";
  const own = traitsOf(provider.transformers, kind, `Providers.${provider.name}`, notes);
  const models = Object.fromEntries(
    [...new Set([...provider.models, ...Object.keys(provider.modelTransformers)])].map((model) => {
      const given = provider.modelTransformers[model] ?? [];
      const traits = traitsOf(given, kind, `Providers.${provider.name}.${model}`, notes);
      return [model, Object.keys(traits).length === 0 ? {} : { traits }];
    }),
  );
  const isPlain = Object.values(models).every((model) => Object.keys(model).length === 0);
  if (provider.key === "" && !isLocal(provider.url)) notes.push(`Providers.${provider.name}: has no api_key`);
  return {
    ...(kind === name ? {} : { kind }),
    ...place,
    ...(kind === "custom" ? { dialect } : {}),
    ...(provider.key === ""
      ? kind === "custom"
        ? { credentials: "none" }
        : {}
      : { apiKey: toReferences(provider.key) }),
    ...(Object.keys(models).length === 0 ? {} : { models: isPlain ? Object.keys(models) : models }),
    ...(Object.keys(own).length === 0 ? {} : { traits: own }),
  };
}

function traitsOf(given: readonly ForeignTransformer[], kind: string, place: string, notes: string[]): JsonObject {
  const traits: JsonObject = {};
  for (const transformer of given) {
    const meaning = meaningOf(transformer, kind !== "custom");
    if (meaning.kind === "traits") Object.assign(traits, meaning.traits);
    if (meaning.kind === "lost") notes.push(`${place}: transformer ${transformer.name}: ${meaning.reason}`);
  }
  return traits;
}

/** Ports by which servers on this machine are known. */
const localKinds: Readonly<Record<string, string>> = { "11434": "ollama", "1234": "lmstudio" };

interface Place {
  readonly kind: string;
  /** What has to be said of the address, where the catalog entry's own is not meant. */
  readonly settings: JsonObject;
}

function placeOf({ url }: ForeignProvider): Place {
  const address = URL.canParse(url) ? new URL(url) : null;
  const elsewhere = { baseUrl: toReferences(url) };
  if (address === null) return { kind: "custom", settings: elsewhere };
  if (isLocal(url)) {
    const kind = localKinds[address.port];
    return kind === undefined ? { kind: "custom", settings: elsewhere } : { kind, settings: {} };
  }
  const known = knownProviders.find(({ hosts }) => Object.hasOwn(hosts, address.hostname));
  if (known === undefined) return { kind: "custom", settings: elsewhere };
  const region = known.hosts[address.hostname] ?? null;
  return { kind: known.kind, settings: region === null ? {} : { region } };
}

function isLocal(url: string): boolean {
  return URL.canParse(url) && ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
}

function toName(given: string, taken: JsonObject): string {
  const plain = given.replaceAll(/[^\w.-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "provider";
  for (let count = 1; ; count++) {
    const name = count === 1 ? plain : `${plain}-${count}`;
    if (!Object.hasOwn(taken, name)) return name;
  }
}
