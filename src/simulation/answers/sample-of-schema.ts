/** A value that a JSON Schema accepts: arguments for a tool call and bodies for structured output. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

const maxDepth = 8;

/**
 * The smallest plausible value for `schema`: required properties only, first choices of enums and unions.
 * `hints` are texts for the first string properties, in order; they are used up.
 */
export function sampleOfSchema(schema: JsonObject, hints: string[] = []): JsonValue {
  return sampleValue(schema, hints, schema, "value", 0);
}

/** The same for a tool's input, which is always an object. */
export function sampleInput(schema: JsonObject, hints: string[]): JsonObject {
  const value = sampleOfSchema(schema, hints);
  return isJsonObject(value) ? value : {};
}

function sampleValue(schema: JsonObject, hints: string[], root: JsonObject, name: string, depth: number): JsonValue {
  if (depth > maxDepth) return null;
  const target = resolve(schema, root);
  if (target["const"] !== undefined) return target["const"];
  const choices = toJsonArray(target["enum"]);
  if (choices[0] !== undefined) return choices[0];
  const union = [...toJsonArray(target["anyOf"]), ...toJsonArray(target["oneOf"]), ...toJsonArray(target["allOf"])][0];
  if (isJsonObject(union)) return sampleValue(union, hints, root, name, depth + 1);
  const type = Array.isArray(target["type"]) ? target["type"][0] : target["type"];
  if (type === "array") return sampleList(target, hints, root, name, depth);
  if (type === "string") return sampleString(target, hints, name);
  if (type === "integer" || type === "number") return sampleNumber(target);
  if (type === "boolean") return true;
  if (type === "null") return null;
  return sampleObject(target, hints, root, depth);
}

function sampleObject(schema: JsonObject, hints: string[], root: JsonObject, depth: number): JsonObject {
  const properties = toJsonObject(schema["properties"]);
  const sample: JsonObject = {};
  for (const name of toJsonArray(schema["required"])) {
    if (typeof name === "string")
      sample[name] = sampleValue(toJsonObject(properties[name]), hints, root, name, depth + 1);
  }
  return sample;
}

function sampleList(schema: JsonObject, hints: string[], root: JsonObject, name: string, depth: number): JsonValue {
  const count = Math.min(Number(schema["minItems"] ?? 1), 5);
  return Array.from({ length: count }, () => sampleValue(toJsonObject(schema["items"]), hints, root, name, depth + 1));
}

function sampleString(schema: JsonObject, hints: string[], name: string): string {
  if (schema["format"] === "date") return "2026-11-22";
  if (schema["format"] === "date-time") return "2026-11-22T12:00:00Z";
  const text = hints.shift() ?? (name === "command" ? "echo simulated" : `sample ${name}`);
  const least = Number(schema["minLength"] ?? 0);
  const most = Number(schema["maxLength"] ?? Number.MAX_SAFE_INTEGER);
  return text.padEnd(least, ".").slice(0, most);
}

function sampleNumber(schema: JsonObject): number {
  if (schema["minimum"] !== undefined) return Number(schema["minimum"]);
  if (schema["exclusiveMinimum"] !== undefined) return Number(schema["exclusiveMinimum"]) + 1;
  return Math.min(7, Number(schema["maximum"] ?? 7));
}

function resolve(schema: JsonObject, root: JsonObject): JsonObject {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#/")) return schema;
  let found: JsonValue | undefined = root;
  for (const step of reference.slice(2).split("/")) found = toJsonObject(found)[step];
  return toJsonObject(found);
}
