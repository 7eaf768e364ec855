/** Makes a provider from its settings: catalog entry, addresses, credentials, connections. */
import { readFileSync } from "node:fs";
import type { Dialect } from "../core/dialect.ts";
import { messageOf } from "../core/errors/message-of.ts";
import type { TargetTraits } from "../dialects/target-traits.ts";
import { catalog, findEntry } from "./catalog/catalog.ts";
import type { CatalogEntry, TraitChanges } from "./catalog/entry.ts";
import { knownLimits, traitsFor } from "./catalog/traits-for.ts";
import { createCredentialPool, createFixedCredential } from "./credential-pool.ts";
import { createEndpoints } from "./endpoints.ts";
import type { EndpointSettings } from "./endpoints.ts";
import type { CredentialPool, Provider } from "./provider.ts";
import { chooseProxy } from "./proxy-choice.ts";
import { createSocketUpstream } from "./upstream/socket/upstream-socket.ts";
import { createUndiciUpstream } from "./upstream/upstream-undici.ts";
import type { UpstreamClient } from "./upstream/upstream.ts";
import { firstSet } from "./variables.ts";
import type { Variables } from "./variables.ts";

/** Settings of one provider, as the configuration gives them; docs/config.md describes each. */
export interface ProviderSettings extends EndpointSettings {
  /** Catalog entry, or `custom`. */
  readonly kind: string;
  readonly keys: readonly { readonly name: string; readonly value: string; readonly weight: number }[];
  readonly credentials: "configured" | "passthrough" | "none";
  readonly models: Readonly<Record<string, ModelSettings>>;
  readonly restrictModels: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: string | null;
  readonly caFile: string | null;
  readonly traits: TraitChanges;
  readonly timeouts: Provider["timeouts"];
  readonly maxSockets: number;
}

export interface ModelSettings {
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly traits: TraitChanges;
}

/**
 * The version for requests that the router writes itself; a client's own goes before it. Not the newest, which refuses
 * sampling parameters: https://platform.claude.com/docs/en/api/migration-2026-10-21
 */
const anthropicVersion = "2023-06-01";

/** Traits are made once for each model; made-up names must not fill the memory. */
const traitsKeptLimit = 1_000;

/**
 * A provider ready to be called. `variables` are the process's: keys and proxies are looked up there where the settings
 * name none. Throws Error whose message begins with the setting's path.
 */
export function createProvider(name: string, settings: ProviderSettings, variables: Variables): Provider {
  const path = `providers.${name}`;
  const entry = requireEntry(path, settings.kind);
  if (entry.retired !== null && settings.baseUrl === null) throw new Error(`${path}.kind: ${entry.retired.fact}`);
  const dialects = chooseDialects(path, entry, settings.dialect);
  const endpoints = explain(`${path}: `, () => createEndpoints(entry, settings));
  const credentials = explain(`${path}: `, () => createCredentials(entry, settings, variables));
  const upstream = explain(`${path}: `, () => createUpstream(endpoints.origin, settings, variables));
  const listed = Object.keys(settings.models);
  return {
    name,
    kind: entry.kind,
    dialects,
    isPassthrough: settings.credentials === "passthrough",
    models: listed.length > 0 ? listed : entry.models.map((model) => model.name),
    restrictsModels: settings.restrictModels,
    modelPatterns: entry.modelPatterns,
    defaultModels: chooseDefaults(entry, listed),
    credentials,
    upstream,
    path: (operation, dialect, query) => endpoints.path(operation, dialect, query),
    headers: {
      ...(dialects.includes("anthropic-messages") ? { "anthropic-version": anthropicVersion } : {}),
      ...settings.headers,
    },
    traits: createTraits(entry, name, settings),
    timeouts: settings.timeouts,
    close: () => upstream.close(),
  };
}

function createUpstream(origin: string, settings: ProviderSettings, variables: Variables): UpstreamClient {
  const { maxSockets, caFile } = settings;
  const proxy = chooseProxy(origin, settings.proxy, variables);
  const ca = caFile === null ? null : readFileSync(caFile, "utf8");
  if (proxy === null) return createSocketUpstream({ origin, ca, maxSockets });
  return createUndiciUpstream({ origin, proxy, ca, maxSockets });
}

function requireEntry(path: string, kind: string): CatalogEntry {
  const entry = findEntry(kind);
  if (entry !== null) return entry;
  throw new Error(`${path}.kind: "${kind}" is unknown; known: ${catalog.map((one) => one.kind).join(", ")}`);
}

function chooseDialects(path: string, entry: CatalogEntry, wanted: Dialect | null): readonly Dialect[] {
  if (wanted === null) {
    if (entry.kind === "custom") throw new Error(`${path}.dialect: is needed for kind "custom"`);
    return entry.dialects;
  }
  if (entry.dialects.includes(wanted)) return [wanted];
  throw new Error(`${path}.dialect: ${entry.title} does not speak ${wanted}`);
}

function createCredentials(entry: CatalogEntry, settings: ProviderSettings, variables: Variables): CredentialPool {
  if (settings.credentials !== "configured") return createFixedCredential(settings.credentials);
  const keys = settings.keys.length > 0 ? settings.keys : keysFromVariables(entry, variables);
  if (keys.length === 0) {
    if (entry.isKeyOptional) return createFixedCredential("none");
    throw new Error(`no key; set \`apiKey\`, or ${entry.keyVariables.join(" or ")} in the environment`);
  }
  return createCredentialPool(
    keys.map(({ name, value, weight }) => ({ name, weight, headers: toAuthHeaders(entry, value) })),
  );
}

function keysFromVariables(entry: CatalogEntry, variables: Variables): ProviderSettings["keys"] {
  const key = firstSet(entry.keyVariables, variables);
  return key === null ? [] : [{ ...key, weight: 1 }];
}

function toAuthHeaders(entry: CatalogEntry, key: string): Readonly<Record<string, string>> {
  return entry.auth === "x-api-key" ? { "x-api-key": key } : { authorization: `Bearer ${key}` };
}

/** The entry's defaults, unless the configuration lists models without them: then the first listed one. */
function chooseDefaults(entry: CatalogEntry, listed: readonly string[]): Provider["defaultModels"] {
  const [first] = listed;
  if (first === undefined) return entry.defaultModels;
  const usual = entry.defaultModels;
  const main = usual !== null && listed.includes(usual.main) ? usual.main : first;
  const small = usual !== null && listed.includes(usual.small) ? usual.small : main;
  return { main, small };
}

function createTraits(
  entry: CatalogEntry,
  provider: string,
  settings: ProviderSettings,
): (model: string) => TargetTraits {
  const known = new Map<string, TargetTraits>();
  return (model) => {
    const made = known.get(model);
    if (made !== undefined) return made;
    const own = settings.models[model];
    const limits = own === undefined ? {} : knownLimits(own);
    const traits = traitsFor(entry, { provider, model }, settings.traits, limits, own?.traits ?? {});
    if (known.size >= traitsKeptLimit) known.clear();
    known.set(model, traits);
    return traits;
  };
}

function explain<Result>(prefix: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw new Error(prefix + messageOf(error), { cause: error });
  }
}
