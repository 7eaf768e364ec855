/** The subschemas of a JSON Schema, each changed. Pure. */
import { isJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";

/** A copy whose direct subschemas went through `change`. */
export function mapSubschemas(schema: JsonObject, change: (child: JsonObject) => JsonObject): JsonObject {
  const copy = { ...schema };
  for (const key of ["items", "additionalProperties"]) {
    const child = copy[key];
    if (isJsonObject(child)) copy[key] = change(child);
  }
  for (const key of ["anyOf", "oneOf", "allOf"]) {
    const list = copy[key];
    if (Array.isArray(list)) copy[key] = list.map((child) => (isJsonObject(child) ? change(child) : child));
  }
  for (const key of ["properties", "$defs", "definitions"]) {
    const map = copy[key];
    if (!isJsonObject(map)) continue;
    const entries = Object.entries(map).map(([name, child]) => [name, isJsonObject(child) ? change(child) : child]);
    copy[key] = Object.fromEntries(entries) as JsonObject;
  }
  return copy;
}
