/** The answer cache for operators: what it does, and clearing it. */
import type { AnswerCacheStats } from "../cache/answer-cache.ts";
import type { ClearFilter, StoreStats } from "../cache/answer-store.ts";
import { GatewayError } from "../core/errors/errors.ts";
import { isJsonObject, parseJson } from "../core/json/json.ts";
import type { JsonObject } from "../core/json/json.ts";
import { messageOf } from "../core/errors/message-of.ts";
import { usdFromNanoUsd } from "../core/money.ts";
import type { AdminRoute } from "./admin-route.ts";
import { refuseUnknownName } from "./known-names.ts";
import type { KnownNames } from "./known-names.ts";
import { invalid, jsonAnswer, refuseUnknownFields } from "./read-request.ts";

export interface CacheSource {
  settings(): { readonly enabled: boolean; readonly scope: string; readonly l1MaxBytes: number };
  stats(): AnswerCacheStats;
  /** Tells how many answers are gone. Rejects where Redis cannot be asked. */
  clear(filter: ClearFilter): Promise<number>;
  /** Rejects where the ledger cannot be read. */
  knownNames(): Promise<Pick<KnownNames, "users" | "askedModels" | "models">>;
}

export function cacheRoutes(source: CacheSource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/cache/stats",
      access: "admin",
      handle: () => jsonAnswer(statsView(source)),
    },
    {
      method: "POST",
      path: "/api/cache/clear",
      access: "admin",
      handle: async (request) => {
        const filter = readFilter(await request.body());
        const cleared = await clear(source, filter);
        if (cleared === 0) await refuseUnknownNames(filter, source);
        return jsonAnswer({ cleared });
      },
    },
  ];
}

async function clear(source: CacheSource, filter: ClearFilter): Promise<number> {
  try {
    return await source.clear(filter);
  } catch (cause) {
    const reason = messageOf(cause);
    const message = `memory is cleared, Redis could not be: ${reason}; clear again once it is back`;
    throw new GatewayError("dependency_cache_unreachable", message, { cause });
  }
}

async function refuseUnknownNames({ user, model }: ClearFilter, source: CacheSource): Promise<void> {
  if (user === undefined && model === undefined) return;
  // The cache is cleared without the ledger, too: while it is away nobody can say which names there are.
  const names = await source.knownNames().catch(() => null);
  if (names === null) return;
  refuseUnknownName("user", user, names.users);
  refuseUnknownName("model", model, [...names.askedModels, ...names.models]);
}

function statsView(source: CacheSource): JsonObject {
  const { enabled, scope, l1MaxBytes } = source.settings();
  const { hitRatio, l1, l2, flights, savedNanoUsd } = source.stats();
  return {
    enabled,
    scope,
    hitRatio,
    l1: { ...levelView(l1), maxBytes: l1MaxBytes },
    l2: l2 === null ? null : levelView(l2),
    joinedCalls: flights.joinedCalls,
    openFlights: flights.open,
    heldBytes: flights.heldBytes,
    savedUsd: usdFromNanoUsd(savedNanoUsd),
  };
}

function levelView({ hits, misses, entries, bytes, evictions, errors, averageLookupMs }: StoreStats): JsonObject {
  return { hits, misses, entries, bytes, evictions, errors, averageLookupMs };
}

/** An empty body, or `{model?, user?}`: what is not known must not clear everything. */
function readFilter(body: Buffer): ClearFilter {
  if (body.length === 0) return {};
  const filter = parseJson(body.toString());
  if (!isJsonObject(filter)) throw invalid("the body must be a JSON object, or empty to clear all");
  refuseUnknownFields(filter, ["model", "user"]);
  for (const [field, value] of Object.entries(filter)) {
    if (typeof value !== "string" || value === "") throw invalid(`${field}: must be a text`);
  }
  return filter;
}
