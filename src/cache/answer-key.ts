/**
 * The key of an answer: a hash of everything that shapes it, and of whose answer it is.
 *
 * Two calls have one key if the same provider would be asked the same thing for callers that share answers. What only
 * says who asks, or how the answer is to be delivered, does not count; every field that is not known here does.
 */
import { hash } from "node:crypto";
import { attributionPrefix, withoutAttribution } from "../core/attribution.ts";
import type { Caller } from "../core/caller.ts";
import type { Dialect } from "../core/dialect.ts";
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../core/json/json.ts";
import type { Target } from "../core/target.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { MemberFilter } from "./canonical-json.ts";
import { shapesAnswers } from "./shaping-headers.ts";

export type CacheScope = "user" | "team" | "all";

/** A request as a provider gets it. */
export interface AnswerQuestion {
  readonly target: Target;
  /** Where the provider is: another address under the same name is another provider. */
  readonly origin: string;
  /** With its query. */
  readonly path: string;
  readonly dialect: Dialect;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly caller: Caller;
  readonly scope: CacheScope;
}

/** How a request wants its answer delivered: not part of the key. */
export interface Delivery {
  readonly isStreaming: boolean;
  /** Whether a stream of the OpenAI dialect shall end with its usage. */
  readonly asksUsage: boolean;
}

export interface AnswerKey extends Delivery {
  /** 43 characters of base64url. */
  readonly text: string;
}

/** Changed whenever the same request would get another key: entries of an older router are not found then. */
const keyVersion = "3";

/** Characters of the system prompt's JSON in which Claude Code's attribution begins: behind the block's other fields. */
const attributionWithin = 4_096;

/** The key, null for a body that is no JSON object. */
export function answerKey(question: AnswerQuestion): AnswerKey | null {
  let isStreaming = false;
  let asksUsage = false;
  const filter: MemberFilter = (name, value) => {
    switch (name) {
      case "stream":
        isStreaming = value() === "true";
        return null;
      case "stream_options":
        asksUsage = toJsonObject(parseJson(value())).include_usage === true;
        return null;
      case "user":
      case "safety_identifier":
      case "prompt_cache_key":
        return question.dialect === "openai-chat" ? null : undefined;
      case "metadata":
        return withoutUserId(value());
      case "system":
        return unattributed(value);
      default:
        return undefined;
    }
  };
  const meaning = canonicalJson(asBuffer(question.body), filter, prefixOf(question));
  return meaning === null ? null : { text: hash("sha256", meaning, "base64url"), isStreaming, asksUsage };
}

/** Who shares answers with `caller`. A caller without a team shares with itself alone. */
function scopeOf({ user, team }: Caller, scope: CacheScope): string {
  if (scope === "all") return "all";
  return scope === "team" && team !== null ? `team:${team}` : `user:${user}`;
}

/** As JSON: no name, however chosen, can look like another one and the beginning of the next. */
function prefixOf({ target, origin, path, dialect, headers, caller, scope }: AnswerQuestion): string {
  const shaping: [string, string][] = [];
  for (const name in headers) {
    const value = headers[name] ?? "";
    // In other headers the order may tell: in that of a gateway's fallbacks, for one.
    if (shapesAnswers(name)) shaping.push([name, name.endsWith("-beta") ? sortedList(value) : value]);
  }
  shaping.sort(([a], [b]) => (a < b ? -1 : 1));
  const whose = scopeOf(caller, scope);
  return JSON.stringify([keyVersion, whose, target.provider, origin, target.model, path, dialect, ...shaping.flat()]);
}

/** `a, b` and `b,a` ask for the same. */
function sortedList(value: string): string {
  if (!value.includes(",")) return value.trim();
  const names = value.split(",").map((name) => name.trim());
  return [...new Set(names)].sort().join(",");
}

/** null: nothing is left that counts. */
function withoutUserId(value: string): string | null | undefined {
  const metadata = parseJson(value);
  if (!isJsonObject(metadata) || metadata.user_id === undefined) return undefined;
  const { user_id: _userId, ...rest } = metadata;
  return Object.keys(rest).length === 0 ? null : JSON.stringify(rest);
}

/** The attribution is the first line of the first block. */
function unattributed(value: () => string): string | undefined {
  const text = value();
  if (!text.slice(0, attributionWithin).includes(attributionPrefix)) return undefined;
  const system = parseJson(text);
  if (typeof system === "string") return JSON.stringify(withoutAttribution(system));
  const [first, ...rest] = toJsonArray(system);
  const block = toJsonObject(first);
  if (typeof block.text !== "string" || !block.text.startsWith(attributionPrefix)) return undefined;
  const said = withoutAttribution(block.text);
  return JSON.stringify(said === "" ? rest : [{ ...block, text: said }, ...rest]);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
