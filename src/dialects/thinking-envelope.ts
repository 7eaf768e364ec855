/**
 * The envelope in which a provider's reasoning travels through an Anthropic client and back.
 *
 * An Anthropic client returns thinking blocks exactly as they came, `signature` included, and redacted_thinking
 * blocks with their `data`. Neither field means anything to a provider of another dialect, so the router puts there
 * what that provider wants to see again: its name, its structured reasoning, the signatures of its tool calls.
 * An envelope is no secret and carries no trust: a malformed one, or one of another provider, is as good as none.
 */
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../core/json/json.ts";
import type { JsonObject, JsonValue } from "../core/json/json.ts";
import { withoutBlocks } from "./anthropic-messages/without-blocks.ts";
import { refuseCrowdedTexts } from "./crowded-texts.ts";

export interface ThinkingEnvelope {
  /** Name of the provider whose reasoning this is. */
  readonly provider: string;
  /** OpenRouter's `reasoning_details`, as they shall go back. */
  readonly details?: readonly JsonValue[];
  /** Gemini's thought signatures by tool call id, as the client knows the call. */
  readonly toolSignatures?: Readonly<Record<string, string>>;
}

const prefix = "ccr1.";

/** The envelope as the string for `signature` or `data`. */
export function formatThinkingEnvelope(envelope: ThinkingEnvelope): string {
  const { provider, ...rest } = envelope; // the provider first: `marker` relies on it
  return prefix + Buffer.from(JSON.stringify({ provider, ...rest })).toString("base64url");
}

/** The envelope in `text`, or null where it is none of ours or damaged. */
export function parseThinkingEnvelope(text: unknown): ThinkingEnvelope | null {
  if (!isEnvelope(text)) return null;
  const value = parseJson(Buffer.from(text.slice(prefix.length), "base64url").toString());
  if (!isJsonObject(value) || typeof value["provider"] !== "string") return null;
  const details = value["details"];
  const signatures = Object.entries(isJsonObject(value["toolSignatures"]) ? value["toolSignatures"] : {});
  return {
    provider: value["provider"],
    ...(Array.isArray(details) && { details }),
    toolSignatures: Object.fromEntries(
      signatures.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    ),
  };
}

/** Throws GatewayError `caller_invalid_request` where the envelopes in `messages` hold more values than a request may. */
export function refuseCrowdedEnvelopes(messages: JsonValue | undefined): void {
  const envelopes = toJsonArray(messages)
    .flatMap((message) => toJsonArray(toJsonObject(message)["content"]))
    .map((block) => envelopeIn(toJsonObject(block)))
    .filter(isEnvelope);
  const contents = envelopes.map((text) => text.slice(prefix.length));
  refuseCrowdedTexts(contents, "base64url", "the signatures of thinking");
}

/** What may be the envelope of a block. */
export function envelopeIn(block: JsonObject): JsonValue | undefined {
  return block["signature"] ?? block["data"];
}

/** How every envelope begins, as far as that can be told: the last byte holds bits of the provider's name, and is left out. */
const marker = Buffer.from(`"${prefix}${Buffer.from('{"provider":"').toString("base64url").slice(0, -1)}`);

/** A part of it that begins with a rare letter: a megabyte is searched for that in a fifth of the time. */
const rarePart = marker.subarray(marker.indexOf("J"), marker.indexOf("J") + 6);

/** Whether a request body may hold an envelope: decides if `stripForeignThinking` is worth parsing for. */
export function holdsThinkingEnvelope(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const partAt = marker.indexOf(rarePart);
  for (let at = bytes.indexOf(rarePart); at >= 0; at = bytes.indexOf(rarePart, at + 1)) {
    const from = Math.max(0, at - partAt);
    if (marker.equals(bytes.subarray(from, from + marker.length))) return true;
  }
  return false;
}

/**
 * An Anthropic request body without the thinking blocks that carry our envelopes: an Anthropic provider would
 * refuse their signatures. Messages that held nothing else are left out. The body itself where there is nothing to strip.
 */
export function stripForeignThinking(body: JsonObject): JsonObject {
  return withoutBlocks(body, isForeignThinking);
}

function isForeignThinking(block: JsonValue): boolean {
  if (!isJsonObject(block)) return false;
  if (block["type"] === "thinking") return isEnvelope(block["signature"]);
  return block["type"] === "redacted_thinking" && isEnvelope(block["data"]);
}

function isEnvelope(text: unknown): text is string {
  return typeof text === "string" && text.startsWith(prefix);
}
