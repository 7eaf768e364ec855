/** An object without some of its fields. */
import type { JsonObject } from "../core/json/json.ts";

/** `object` without `fields`; the same object where it holds none of them. */
export function withoutFields(object: JsonObject, fields: readonly string[]): JsonObject {
  if (!fields.some((field) => object[field] !== undefined)) return object;
  return Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)));
}
