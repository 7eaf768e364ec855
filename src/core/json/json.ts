/** JSON as values. Foreign documents are read through these, never through `any`. */

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

/** Whether `value` is a JSON object: not null, not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object at `value`, or an empty one where a foreign document holds something else. */
export function toJsonObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The list at `value`, or an empty one where a foreign document holds something else. */
export function toJsonArray(value: unknown): JsonValue[] {
  return Array.isArray(value) ? (value as JsonValue[]) : [];
}

/** The text at `value`, or "" where a foreign document holds something else. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The text at `value`, or null where a foreign document holds something else. */
export function toTextOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Parses `text`, or answers undefined where it is no JSON: foreign answers are read tolerantly. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
