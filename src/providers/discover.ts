/**
 * Providers without configuration: those whose keys the environment holds, and an Ollama that answers on this machine.
 */
import { catalog } from "./catalog/catalog.ts";
import { createSocketUpstream } from "./upstream/socket/upstream-socket.ts";
import { parseJson, toJsonArray, toJsonObject } from "../core/json/json.ts";
import { withinTime } from "../core/time/within-time.ts";
import type { UpstreamAnswer } from "./upstream/upstream.ts";
import { firstSet } from "./variables.ts";
import type { Variables } from "./variables.ts";

/** A provider that can be used at once. */
export interface DiscoveredProvider {
  /** Catalog entry, and the provider's name. */
  readonly kind: string;
  /** Variable that holds its key; null for a server without one. */
  readonly keyVariable: string | null;
  /** Models that it was seen to serve; empty where the catalog's hold. */
  readonly models: readonly string[];
}

/** Long enough for a server on this machine, too short to be felt at start-up. */
const probeLimitMs = 300;

/** Largest list of models that is read. */
const listLimitBytes = 1_048_576;

/** Providers whose key is set, in the catalog's order. Retired ones are left out. */
export function discoverFromVariables(variables: Variables): readonly DiscoveredProvider[] {
  return catalog.flatMap(({ kind, keyVariables, retired }) => {
    const key = firstSet(keyVariables, variables);
    return key === null || retired !== null ? [] : [{ kind, keyVariable: key.name, models: [] }];
  });
}

/** The Ollama at `origin` with its models; null if none answers within `limitMs`, or it has no model. */
export async function probeOllama(
  origin = "http://127.0.0.1:11434",
  limitMs: number = probeLimitMs,
): Promise<DiscoveredProvider | null> {
  const upstream = createSocketUpstream({ origin, ca: null, maxSockets: 1 });
  const timeouts = { connectMs: limitMs, firstByteMs: limitMs, betweenBytesMs: limitMs };
  const exchange = upstream.send({ method: "GET", path: "/v1/models", headers: {}, body: null, timeouts });
  try {
    const body = await withinTime(exchange.answer.then(readText), limitMs);
    const list = toJsonArray(toJsonObject(parseJson(body))["data"]);
    const models = list.map((model) => toJsonObject(model)["id"]).filter((id) => typeof id === "string");
    return models.length === 0 ? null : { kind: "ollama", keyVariable: null, models };
  } catch {
    return null; // nobody there, too slow, or somebody else: all mean "no Ollama"
  } finally {
    exchange.abort();
    await upstream.close();
  }
}

/** The body of an answer of status 200, if it is not too long. */
function readText(answer: UpstreamAnswer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  answer.receive({
    onData: (chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > listLimitBytes || answer.head.status !== 200) reject(new RangeError("no list of models"));
    },
    onEnd: () => resolve(Buffer.concat(chunks).toString("utf8")),
    onError: reject,
  });
  return promise;
}
