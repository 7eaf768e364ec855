/**
 * The messages of a Chat Completions request as input items of the Responses API.
 * https://developers.openai.com/api/docs/guides/migrate-to-responses
 *
 * Long texts move as they are and are never read: in an outline a mark stands for the middle of each.
 */
import { isJsonObject, toJsonArray, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { TargetTraits } from "../target-traits.ts";
import { itemsOfDetails } from "./reasoning-items.ts";

/** Whose conversation it is, and what was left out of it. */
export interface InputContext {
  readonly traits: TargetTraits;
  readonly notes: Set<string>;
}

/** The items, in order. */
export function toInputItems(messages: JsonValue | undefined, context: InputContext): JsonObject[] {
  const customCalls = new Set<JsonValue>();
  let legacyCalls = 0;
  return toJsonArray(messages)
    .filter(isJsonObject)
    .flatMap((message) => {
      const called = message["function_call"];
      if (isJsonObject(called)) legacyCalls++;
      for (const { type, id } of callsOf(message)) if (type === "custom" && id !== undefined) customCalls.add(id);
      const legacyId = `call_legacy_${legacyCalls}`;
      switch (message["role"]) {
        case "assistant":
          return toAnswerItems(message, legacyId, context);
        case "tool":
          return [toToolOutput(message, customCalls, context)];
        case "function":
          return [toToolOutput({ ...message, tool_call_id: legacyId }, customCalls, context)];
        default:
          return [toSpoken(message, context)];
      }
    });
}

function toSpoken(message: JsonObject, context: InputContext): JsonObject {
  if (message["name"] !== undefined) context.notes.add("messages: name left out");
  return { role: message["role"] ?? "user", content: toContent(message["content"], context) };
}

/** An earlier answer: its reasoning, its words, its calls. Reasoning must be followed by something. */
function toAnswerItems(message: JsonObject, legacyId: string, context: InputContext): JsonObject[] {
  const { traits } = context;
  const legacy = message["function_call"];
  const calls = [
    ...callsOf(message),
    ...(isJsonObject(legacy) ? [{ type: "function", id: legacyId, function: legacy }] : []),
  ].map(toCallItem);
  const content = saidBy(message, context);
  // Models that know phases stop early in tool loops whose messages have none.
  const phase = traits.hasPhases && { phase: calls.length > 0 ? "commentary" : "final_answer" };
  const said = [...(content === null ? [] : [{ role: "assistant", content, ...phase }]), ...calls];
  return said.length === 0 ? [] : [...itemsOfDetails(message["reasoning_details"], traits.target.provider), ...said];
}

/** The words of an answer: a text where there is nothing else, which servers take that want annotations with each part. */
function saidBy({ content, refusal }: JsonObject, context: InputContext): JsonValue {
  const refused = typeof refusal === "string" && refusal !== "" ? [{ type: "refusal", refusal }] : [];
  if (typeof content === "string" && refused.length === 0) return content === "" ? null : content;
  const text = typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : content;
  const parts = [...(Array.isArray(text) ? toParts(text, toOutputPart, context) : []), ...refused];
  return parts.length === 0 ? null : parts;
}

function callsOf(message: JsonObject): JsonObject[] {
  return toJsonArray(message["tool_calls"]).filter(isJsonObject);
}

function toCallItem(call: JsonObject): JsonObject {
  const call_id = call["id"] ?? "";
  if (call["type"] === "custom") {
    const { name, input } = toJsonObject(call["custom"]);
    return { type: "custom_tool_call", call_id, name: name ?? "", input: input ?? "" };
  }
  const called = toJsonObject(call["function"]);
  return { type: "function_call", call_id, name: called["name"] ?? "", arguments: called["arguments"] ?? "" };
}

function toToolOutput(
  { tool_call_id, content }: JsonObject,
  customCalls: ReadonlySet<JsonValue>,
  context: InputContext,
): JsonObject {
  const call_id = tool_call_id ?? "";
  const type = customCalls.has(call_id) ? "custom_tool_call_output" : "function_call_output";
  return { type, call_id, output: toContent(content, context) };
}

type PartTranslation = (part: JsonObject) => JsonObject | null;

function toContent(content: JsonValue | undefined, context: InputContext): JsonValue {
  if (!Array.isArray(content)) return content ?? "";
  const parts = toParts(content, toInputPart, context);
  return parts.length === 0 ? "" : parts;
}

function toParts(parts: readonly JsonValue[], translate: PartTranslation, { notes }: InputContext): JsonObject[] {
  return parts.filter(isJsonObject).flatMap((part) => {
    const translated = translate(part);
    if (translated !== null) return [translated];
    notes.add(`content part ${toText(part["type"])}: left out`);
    return [];
  });
}

function toInputPart(part: JsonObject): JsonObject | null {
  switch (part["type"]) {
    case "text":
      return { type: "input_text", text: part["text"] ?? "" };
    case "image_url": {
      const { url, detail } = toJsonObject(part["image_url"]);
      return { type: "input_image", image_url: url ?? "", detail: detail ?? "auto" };
    }
    case "file":
      return { type: "input_file", ...toJsonObject(part["file"]) };
    default:
      return null;
  }
}

function toOutputPart(part: JsonObject): JsonObject | null {
  if (part["type"] === "text") return { type: "output_text", text: part["text"] ?? "", annotations: [] };
  return part["type"] === "refusal" ? { type: "refusal", refusal: part["refusal"] ?? "" } : null;
}
