import type { JsonObject } from "../../core/json/json.ts";
import { textOrJson } from "../text-or-json.ts";

/** The type of an input item: a message may leave it out. */
export function typeOf(item: JsonObject): string {
  return textOrJson(item["type"] ?? (item["role"] === undefined ? "" : "message"));
}

/** Whether the model itself said it: its thoughts, its calls, its messages. */
export function isModelItem(item: JsonObject): boolean {
  const type = typeOf(item);
  return type === "reasoning" || type === "function_call" || (type === "message" && item["role"] === "assistant");
}
