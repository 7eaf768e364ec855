/** Addresses of a provider: its origin, and the path of each operation in each dialect. */
import type { Dialect } from "../core/dialect.ts";
import type { CatalogEntry } from "./catalog/entry.ts";
import type { Operation } from "./provider.ts";

export interface Endpoints {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path of an operation, null where the provider has none. */
  path(operation: Operation, dialect: Dialect, query: string): string | null;
}

export interface EndpointSettings {
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly dialect: Dialect | null;
}

/** Endings of addresses that people copy from documentation: the dialect's own path is added again. */
const operationEndings = /\/(chat\/completions|responses|v1\/messages|messages|models)$/;

/**
 * Endpoints of an entry as configured. `baseUrl` may be the provider's root (`https://host`), the base of one of its
 * dialects (`https://host/v1`, `https://host/anthropic`) or the address of an operation. With one dialect, a base with
 * a path of its own is taken as it is. Throws Error naming the setting.
 */
export function createEndpoints(entry: CatalogEntry, settings: EndpointSettings): Endpoints {
  const dialects = settings.dialect === null ? entry.dialects : [settings.dialect];
  const given = settings.baseUrl === null ? null : new URL(settings.baseUrl);
  const base = given === null ? new URL(rootOf(entry, settings.region)) : given;
  const basePath = base.pathname.replace(/\/+$/, "");
  const prefixes = given === null ? prefixesOf(entry, dialects, basePath) : prefixesFor(entry, dialects, basePath);
  const known = entry.kind === "custom" ? settings.dialect : entry.modelList;
  const modelList = known !== null && dialects.includes(known) ? known : null;
  return {
    origin: base.origin,
    path: (operation, dialect, query) => {
      const prefix = prefixes.get(dialect);
      const path = operationPath(operation, dialect, entry.hasCountTokens, modelList);
      return prefix === undefined || path === null ? null : `${prefix}${path}${query}`;
    },
  };
}

function rootOf(entry: CatalogEntry, region: string | null): string {
  if (region === null) {
    if (entry.root === null) throw new Error("`baseUrl` is needed: there is no address to start from");
    return entry.root;
  }
  const root = entry.regions[region];
  if (root === undefined) {
    const known = Object.keys(entry.regions).join(", ");
    throw new Error(`region "${region}" is unknown; ${known === "" ? "there are none" : `known: ${known}`}`);
  }
  return root;
}

function prefixesOf(entry: CatalogEntry, dialects: readonly Dialect[], rootPath: string): Map<Dialect, string> {
  return new Map(dialects.map((dialect) => [dialect, `${rootPath}${entry.paths[dialect] ?? usualPaths[dialect]}`]));
}

const usualPaths: Readonly<Record<Dialect, string>> = { "anthropic-messages": "", "openai-chat": "/v1" };

/** For an address of the user's: which part of its path is the root, and which belongs to a dialect? */
function prefixesFor(entry: CatalogEntry, dialects: readonly Dialect[], givenPath: string): Map<Dialect, string> {
  const path = givenPath.replace(operationEndings, "");
  const only = dialects.length === 1 ? dialects[0] : undefined;
  if (only === "anthropic-messages") return new Map([[only, withUsualStart(path.replace(/\/v1$/, ""), entry, only)]]);
  if (only === "openai-chat") return new Map([[only, withUsualStart(path, entry, only)]]);
  const endings = [...dialects.map((dialect) => entry.paths[dialect] ?? ""), "/v1"].filter((ending) => ending !== "");
  const ending = endings.sort((a, b) => b.length - a.length).find((one) => path.endsWith(one)) ?? "";
  return prefixesOf(entry, dialects, path.slice(0, path.length - ending.length));
}

/** A bare host gets the path that the entry usually has. */
function withUsualStart(path: string, entry: CatalogEntry, dialect: Dialect): string {
  if (path !== "") return path;
  const rootPath = entry.root === null ? "" : new URL(entry.root).pathname.replace(/\/+$/, "");
  return `${rootPath}${entry.paths[dialect] ?? usualPaths[dialect]}`;
}

function operationPath(
  operation: Operation,
  dialect: Dialect,
  hasCountTokens: boolean,
  modelList: Dialect | null,
): string | null {
  const isAnthropic = dialect === "anthropic-messages";
  if (operation === "models") return modelList !== dialect ? null : isAnthropic ? "/v1/models" : "/models";
  if (operation === "chat-completions") return isAnthropic ? null : "/chat/completions";
  if (operation === "responses") return isAnthropic ? null : "/responses";
  if (!isAnthropic) return null;
  if (operation === "count-tokens") return hasCountTokens ? "/v1/messages/count_tokens" : null;
  return "/v1/messages";
}
