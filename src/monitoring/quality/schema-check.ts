/**
 * Whether a value satisfies a JSON Schema, for the part of it that tools are declared with: types, enum, const,
 * properties, required, additionalProperties, items, prefixItems, sizes, ranges, pattern, anyOf, oneOf, allOf, not
 * and local `$ref`s. Keywords beyond these say nothing here, so a doubt counts for the answer, never against it.
 */
import { isJsonObject } from "../../core/json.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";

/** Deeper than any tool's input; a schema that refers to itself ends here. */
const maxDepth = 40;

/** True where `value` breaks nothing of `schema` that is understood here. */
export function satisfiesSchema(value: JsonValue, schema: JsonValue): boolean {
  return check(value, schema, { root: schema, depth: 0 });
}

interface Position {
  readonly root: JsonValue;
  readonly depth: number;
}

function check(value: JsonValue, schema: JsonValue | undefined, position: Position): boolean {
  if (typeof schema === "boolean") return schema;
  if (!isJsonObject(schema) || position.depth > maxDepth) return true;
  const inner = { root: position.root, depth: position.depth + 1 };
  const reference = schema["$ref"];
  if (typeof reference === "string" && !check(value, resolve(position.root, reference), inner)) return false;
  return (
    hasType(value, schema["type"]) &&
    isListed(value, schema) &&
    combines(value, schema, inner) &&
    (!isJsonObject(value) || isObjectValid(value, schema, inner)) &&
    (!Array.isArray(value) || isListValid(value, schema, inner)) &&
    (typeof value !== "string" || isTextValid(value, schema)) &&
    (typeof value !== "number" || isNumberValid(value, schema))
  );
}

function hasType(value: JsonValue, type: JsonValue | undefined): boolean {
  if (Array.isArray(type)) return type.some((one) => hasType(value, one));
  switch (type) {
    case "string":
    case "boolean":
    case "number":
      return typeof value === type;
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    default:
      return true;
  }
}

function isListed(value: JsonValue, schema: JsonObject): boolean {
  const { enum: options, const: constant } = schema;
  if (constant !== undefined && !isSame(value, constant)) return false;
  return !Array.isArray(options) || options.some((option) => isSame(value, option));
}

function combines(value: JsonValue, schema: JsonObject, position: Position): boolean {
  const { anyOf, oneOf, allOf, not } = schema;
  const isMet = (option: JsonValue): boolean => check(value, option, position);
  if (Array.isArray(anyOf) && !anyOf.some(isMet)) return false;
  if (Array.isArray(oneOf) && oneOf.filter(isMet).length !== 1) return false;
  if (Array.isArray(allOf) && !allOf.every(isMet)) return false;
  return not === undefined || !isMet(not);
}

function isObjectValid(value: JsonObject, schema: JsonObject, position: Position): boolean {
  const { required, additionalProperties } = schema;
  if (Array.isArray(required) && required.some((name) => typeof name === "string" && !Object.hasOwn(value, name))) {
    return false;
  }
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const patterns = isJsonObject(schema["patternProperties"]) ? Object.entries(schema["patternProperties"]) : [];
  return Object.entries(value).every(([name, item]) => {
    if (item === undefined) return true;
    const matching = patterns.filter(([pattern]) => matches(pattern, name));
    if (!matching.every(([, part]) => check(item, part, position))) return false;
    if (Object.hasOwn(properties, name)) return check(item, properties[name], position);
    return matching.length > 0 || check(item, additionalProperties, position);
  });
}

function isListValid(value: JsonValue[], schema: JsonObject, position: Position): boolean {
  const { items, prefixItems, minItems, maxItems } = schema;
  if (!isWithin(value.length, minItems, maxItems)) return false;
  const prefix = Array.isArray(prefixItems) ? prefixItems : [];
  return value.every((item, index) => check(item, index < prefix.length ? prefix[index] : items, position));
}

function isTextValid(value: string, schema: JsonObject): boolean {
  const { pattern, minLength, maxLength } = schema;
  // JSON Schema counts code points, as this does, not UTF-16 units.
  const { length } = Array.from(value);
  return isWithin(length, minLength, maxLength) && (typeof pattern !== "string" || matches(pattern, value));
}

function isNumberValid(value: number, schema: JsonObject): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum) return false;
  if (typeof exclusiveMaximum === "number" && value >= exclusiveMaximum) return false;
  return isWithin(value, minimum, maximum);
}

function isWithin(value: number, minimum: JsonValue | undefined, maximum: JsonValue | undefined): boolean {
  return !(typeof minimum === "number" && value < minimum) && !(typeof maximum === "number" && value > maximum);
}

/** A pattern that is long or that this engine does not take says nothing: a tool's author may write a slow one. */
function matches(pattern: string, text: string): boolean {
  if (pattern.length > 200 || text.length > 2_000 || /\([^)]*[+*][^)]*\)[+*{]/.test(pattern)) return true;
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

/** The schema at a local reference (`#/$defs/Edit`); true (anything goes) where there is none. */
function resolve(root: JsonValue, reference: string): JsonValue {
  if (!reference.startsWith("#")) return true;
  let current: JsonValue | undefined = root;
  for (const part of reference.slice(1).split("/").filter(Boolean)) {
    if (!isJsonObject(current)) return true;
    current = current[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return current ?? true;
}

function isSame(one: JsonValue, other: JsonValue): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index] ?? null));
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(one[name] ?? null, other[name] ?? null))
  );
}
