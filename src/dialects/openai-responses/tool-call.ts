/** A call of a response as Chat Completions tells it. */
import { toText } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

/** The entry of `tool_calls` for a `function_call` or `custom_tool_call` item, with `text` as its arguments. */
export function toChatToolCall(item: JsonObject, text: JsonValue): JsonObject {
  const id = item["call_id"] ?? item["id"] ?? "";
  const name = item["name"] ?? "";
  if (item["type"] === "custom_tool_call") return { id, type: "custom", custom: { name, input: text } };
  return { id, type: "function", function: { name, arguments: text } };
}

/** Arguments of a call, whole. */
export function textOfCall(item: JsonObject): string {
  return toText(item["type"] === "custom_tool_call" ? item["input"] : item["arguments"]);
}

/** Whether an item of a response calls a tool of the client. */
export function isCall(item: JsonObject): boolean {
  return item["type"] === "function_call" || item["type"] === "custom_tool_call";
}
