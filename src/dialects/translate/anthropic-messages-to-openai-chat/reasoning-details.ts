/**
 * OpenRouter's `reasoning_details` out of their streamed pieces: pieces of one kind and index are one entry.
 * https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks
 */
import { toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";

/** Fields that are sent in pieces; all others are whole, and the last one counts. */
const pieces = ["text", "summary", "data"] as const;

/** The entries as they shall go back. */
export function mergeDetails(details: readonly JsonValue[]): JsonValue[] {
  const merged: JsonObject[] = [];
  for (const value of details) {
    const detail = toJsonObject(value);
    const last = merged.at(-1);
    if (last === undefined || last["type"] !== detail["type"] || last["index"] !== detail["index"]) {
      merged.push({ ...detail });
      continue;
    }
    for (const [key, field] of Object.entries(detail)) {
      const before = last[key];
      const isPiece = (pieces as readonly string[]).includes(key);
      if (isPiece && typeof before === "string" && typeof field === "string") last[key] = before + field;
      else if (field !== null && field !== undefined) last[key] = field;
    }
  }
  return merged;
}
