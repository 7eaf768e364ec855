/**
 * Whether a call's answer may come from the cache and go into it, where no rule of the configuration says so.
 *
 * The cache must never hand a coding session a step that is stale. An answer is good for any later call only if it
 * depends on nothing but the request, and if whoever asks again wants the same again. docs/cache.md gives the reasons for
 * each line here.
 */
import type { JsonObject, JsonValue } from "../core/json/json.ts";
import { isJsonObject } from "../core/json/json.ts";
import type { Sign } from "../core/json/json-signs.ts";
import type { Endpoint } from "../core/record.ts";

/** The part of a request that is asked. */
export interface CacheableRequest {
  has(field: string): boolean;
  field(name: string): JsonValue | undefined;
  holds(field: string, sign: Sign): boolean;
  body(): JsonObject;
}

/** Why this call's answer is its own; null for one that may be kept for others. */
export function reasonNotToCache(endpoint: Endpoint, request: CacheableRequest): string | null {
  // A count depends on the request alone, tools and conversation included.
  if (endpoint === "count-tokens") return null;
  for (const field of toolFields)
    if (request.has(field) && !isEmpty(request.field(field))) return "the call brings tools";
  for (const field of remoteFields)
    if (request.has(field) && !isEmpty(request.field(field))) return `${field}: depends on more than the request`;
  const temperature = request.field("temperature");
  if (typeof temperature === "number" && temperature > 0) return "temperature: the caller wants answers to differ";
  const n = request.field("n");
  if (typeof n === "number" && n > 1) return "n: the caller wants answers to differ";
  for (const sign of conversationSigns) if (request.holds("messages", sign)) return "a conversation is in progress";
  return refersOutside(request) ? "the messages refer to something outside of them" : null;
}

const toolFields = ["tools", "functions", "mcp_servers", "web_search_options"];

/** State at the provider, or effects there. */
const remoteFields = ["container", "store", "previous_response_id", "conversation"];

const conversationSigns = ["assistant", "tool_result", "tool_use", "tool", "function"] as const;

function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false) return true;
  return Array.isArray(value) && value.length === 0;
}

/** Addresses and files, behind which anything may stand tomorrow. */
function refersOutside(request: CacheableRequest): boolean {
  for (const field of ["messages", "system"]) {
    if (outsideSigns.some((sign) => request.holds(field, sign)) && holdsReference(request.body()[field] ?? null)) {
      return true;
    }
  }
  return false;
}

const outsideSigns = ["url", "file_id"] as const;

function holdsReference(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(holdsReference);
  if (!isJsonObject(value)) return false;
  if (typeof value.file_id === "string") return true;
  if (typeof value.url === "string" && !value.url.startsWith("data:")) return true;
  return Object.values(value).some((inner) => inner !== undefined && holdsReference(inner));
}

/** What a caller's own headers say of caching. */
export interface CacheDirectives {
  /** Neither taken from the cache nor kept. */
  readonly isOff: boolean;
  /** Not taken from the cache, but kept. */
  readonly wantsFresh: boolean;
  /** The oldest answer that will do. */
  readonly maxAgeMs: number | null;
  /** Cached although it would not be by itself. */
  readonly isAsked: boolean;
}

const noDirectives: CacheDirectives = { isOff: false, wantsFresh: false, maxAgeMs: null, isAsked: false };

/**
 * `cache-control` as RFC 9111 has it for requests, and `x-ccr-cache: on|off|refresh`; `bypass`, as answers say it, is `off`. What
 * is not known does not count.
 */
export function readDirectives(cacheControl: string | undefined, own: string | undefined): CacheDirectives {
  if (cacheControl === undefined && own === undefined) return noDirectives;
  const word = own?.trim().toLowerCase();
  let isOff = word === "off" || word === "bypass";
  let wantsFresh = word === "refresh";
  let maxAgeMs: number | null = null;
  for (const directive of (cacheControl ?? "").toLowerCase().split(",")) {
    const [name = "", value = ""] = directive.split("=").map((part) => part.trim().replaceAll('"', ""));
    if (name === "no-store") isOff = true;
    else if (name === "no-cache") wantsFresh = true;
    else if (name === "max-age" && /^\d+$/.test(value)) maxAgeMs = Math.min(maxAgeMs ?? Infinity, Number(value) * 1000);
  }
  return { isOff, wantsFresh, maxAgeMs, isAsked: word === "on" };
}
