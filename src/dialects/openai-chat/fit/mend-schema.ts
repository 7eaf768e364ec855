/**
 * A JSON Schema without the parts that are none, which tools' servers send all the same: Go writes `null` for an empty list, PHP
 * `[]` for an empty object, and `required: true` stands beside a single property.
 *
 * Providers refuse the whole request for them: https://github.com/yomorun/yomo/pull/860,
 * https://github.com/CherryHQ/cherry-studio/issues/4188 and, of DeepSeek, https://github.com/NousResearch/hermes-agent/issues/95524
 * (`required`), https://github.com/maltekuhr/laravel-gpt/issues/8
 * (`properties`), https://github.com/FoundationAgents/OpenManus/issues/1162 (a subschema), https://github.com/jxnl/instructor-rs/pull/9
 * (`null`), https://github.com/huggingface/huggingface_hub/issues/2415 (`enum: []`, which OpenAI takes). What is left out
 * says nothing that a value could keep to.
 */
import { isJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";

/**
 * `schema` with each part, at any depth, of the kind that JSON Schema has for it; others are left out, or take anything. A sound one is
 * itself: nearly all are, and a request of Claude Code holds dozens.
 */
export function mendSchema(schema: JsonObject): JsonObject {
  return mapValues(schema, mendPart);
}

/** The part under `key`; undefined where it has to go. */
function mendPart(value: JsonValue | undefined, key: string): JsonValue | undefined {
  if (value === null) return key === "default" || key === "const" ? null : undefined;
  switch (key) {
    case "required":
      return Array.isArray(value) ? value : undefined;
    case "enum":
      return Array.isArray(value) && value.length > 0 ? value : undefined;
    case "properties":
    case "$defs":
    case "definitions":
      return isJsonObject(value) ? mapValues(value, toSchema) : undefined;
    case "items":
      return toSchema(value);
    case "additionalProperties":
      return isJsonObject(value) ? mendSchema(value) : value;
    case "anyOf":
    case "oneOf":
    case "allOf":
      return Array.isArray(value) ? value.map(toSchema) : undefined;
    default:
      return value;
  }
}

/** What is no schema may hold anything. */
function toSchema(value: JsonValue | undefined): JsonValue {
  if (isJsonObject(value)) return mendSchema(value);
  return typeof value === "boolean" ? value : {};
}

/** The same object where `change` changes nothing; undefined leaves a value out. */
function mapValues(
  object: JsonObject,
  change: (value: JsonValue | undefined, key: string) => JsonValue | undefined,
): JsonObject {
  let mapped = object;
  for (const key of Object.keys(object)) {
    const value = change(object[key], key);
    if (value === object[key]) continue;
    if (mapped === object) mapped = { ...object };
    if (value === undefined) delete mapped[key];
    else mapped[key] = value;
  }
  return mapped;
}
