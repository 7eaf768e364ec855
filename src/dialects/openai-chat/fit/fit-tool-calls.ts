/**
 * A request of the OpenAI dialect with the tool calls of earlier answers as its target takes them.
 *
 * Clients return a call as it came, and another provider refuses its form with 400: an id that fits no pattern (Mistral),
 * a call without a thought signature (Gemini), the field in which a signature came (servers that know no such field).
 */
import { isJsonObject, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { toProviderToolCallId } from "./tool-call-ids.ts";

/** Google's stand-in for calls that another model made: https://ai.google.dev/gemini-api/docs/thought-signatures. */
export const unknownThoughtSignature = "skip_thought_signature_validator";

/** `body` with the calls, and results of calls, that the target takes; the same object where that is so already. */
export function fitToolCalls(body: JsonObject, traits: TargetTraits): JsonObject {
  const { messages } = body;
  if (!Array.isArray(messages)) return body;
  const fitted = messages.map((message) => (isJsonObject(message) ? fitMessage(message, traits) : message));
  return fitted.every((message, place) => message === messages[place]) ? body : { ...body, messages: fitted };
}

function fitMessage(message: JsonObject, traits: TargetTraits): JsonObject {
  const withId = message["role"] === "tool" ? fitId(message, "tool_call_id", traits) : message;
  const calls = withId["tool_calls"];
  if (!Array.isArray(calls)) return withId;
  const fitted = calls.map((call, place) => (isJsonObject(call) ? fitCall(call, place === 0, traits) : call));
  return fitted.every((call, place) => call === calls[place]) ? withId : { ...withId, tool_calls: fitted };
}

function fitId(fields: JsonObject, name: string, traits: TargetTraits): JsonObject {
  const id = fields[name];
  if (traits.toolCallIdPattern === null || typeof id !== "string") return fields;
  const fitted = toProviderToolCallId(id, traits);
  return fitted === id ? fields : { ...fields, [name]: fitted };
}

/** Of parallel calls only the first carries a signature, so only it needs the stand-in. */
function fitCall(call: JsonObject, isFirst: boolean, traits: TargetTraits): JsonObject {
  const fitted = fitId(call, "id", traits);
  const extra = fitted["extra_content"];
  if (traits.hasThoughtSignatures) {
    return isFirst && signatureIn(extra) === undefined
      ? { ...fitted, extra_content: { google: { thought_signature: unknownThoughtSignature } } }
      : fitted;
  }
  if (extra === undefined || !traits.refusesUnknownFields) return fitted;
  const { extra_content: _left, ...known } = fitted;
  return known;
}

function signatureIn(extra: JsonValue | undefined): JsonValue | undefined {
  return toJsonObject(toJsonObject(extra)["google"])["thought_signature"];
}
