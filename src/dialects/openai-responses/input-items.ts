/**
 * The messages of a Chat Completions request as input items of the Responses API.
 * https://developers.openai.com/api/docs/guides/migrate-to-responses
 *
 * Long texts move as they are and are never read: in an outline a mark stands for the middle of each.
 */
import { isJsonObject, toJsonArray, toJsonObject, toText } from "../../core/json.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import { itemsOfDetails } from "./reasoning-items.ts";

/** The items, in order. `provider`: whose reasoning goes back. `notes` gets what was left out. */
export function toInputItems(messages: JsonValue | undefined, provider: string, notes: Set<string>): JsonObject[] {
  const customCalls = new Set<JsonValue>();
  return toJsonArray(messages)
    .filter(isJsonObject)
    .flatMap((message) => {
      for (const { type, id } of callsOf(message)) if (type === "custom" && id !== undefined) customCalls.add(id);
      switch (message["role"]) {
        case "assistant":
          return toAnswerItems(message, provider, notes);
        case "tool":
          return [toToolOutput(message, customCalls, notes)];
        default:
          return [{ role: message["role"] ?? "user", content: toContent(message["content"], toInputPart, notes) }];
      }
    });
}

/** An earlier answer: its reasoning, its words, its calls. Reasoning must be followed by something. */
function toAnswerItems(message: JsonObject, provider: string, notes: Set<string>): JsonObject[] {
  const { content, refusal } = message;
  const parts = [
    ...(typeof content === "string" && content !== "" ? [{ type: "output_text", text: content }] : []),
    ...(Array.isArray(content) ? toParts(content, toOutputPart, notes) : []),
    ...(typeof refusal === "string" && refusal !== "" ? [{ type: "refusal", refusal }] : []),
  ];
  const said = [
    ...(parts.length > 0 ? [{ role: "assistant", content: parts }] : []),
    ...callsOf(message).map(toCallItem),
  ];
  return said.length === 0 ? [] : [...itemsOfDetails(message["reasoning_details"], provider), ...said];
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
  notes: Set<string>,
): JsonObject {
  const call_id = tool_call_id ?? "";
  return {
    type: customCalls.has(call_id) ? "custom_tool_call_output" : "function_call_output",
    call_id,
    output: toContent(content, toInputPart, notes),
  };
}

type PartTranslation = (part: JsonObject) => JsonObject | null;

function toContent(content: JsonValue | undefined, translate: PartTranslation, notes: Set<string>): JsonValue {
  return Array.isArray(content) ? toParts(content, translate, notes) : (content ?? "");
}

function toParts(parts: readonly JsonValue[], translate: PartTranslation, notes: Set<string>): JsonObject[] {
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
  if (part["type"] === "text") return { type: "output_text", text: part["text"] ?? "" };
  return part["type"] === "refusal" ? { type: "refusal", refusal: part["refusal"] ?? "" } : null;
}
