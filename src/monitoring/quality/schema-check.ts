/**
 * Whether a value satisfies a JSON Schema, for the part of it that tools are declared with: types, enum, const,
 * properties, required, additionalProperties, items, prefixItems, sizes, ranges, pattern, anyOf, oneOf, allOf, not
 * and local `$ref`s. Keywords beyond these say nothing here, so a doubt counts for the answer, never against it: under
 * `not` and `oneOf`, too, where a value that may be met is no value that is.
 *
 * Schemas come from clients and values from models: work is counted, and what takes more than a real tool's is a doubt.
 */
import { isJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

/** Deeper than any tool's input; a schema that refers to itself ends here. */
const maxDepth = 40;

/** Some 20 ms: comparisons, characters and steps of patterns count one each. */
const workLimit = 1_000_000;

/** One schema applied to one value. */
const workOfCheck = 50;

/** Those that are looked at here, and those that say nothing about a value. */
const understood: ReadonlySet<string> = new Set([
  "$ref", "type", "enum", "const", "anyOf", "oneOf", "allOf", "not", "required", "properties", "patternProperties",
  "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "minLength", "maxLength", "pattern", "minimum",
  "maximum", "exclusiveMinimum", "exclusiveMaximum", "title", "description", "default", "examples", "deprecated",
  "readOnly", "writeOnly", "$comment", "$schema", "$id", "$defs", "definitions",
]); // prettier-ignore

/** True where `value` breaks nothing of `schema` that is understood here. */
export function satisfiesSchema(value: JsonValue, schema: JsonValue): boolean {
  const work: Work = { left: workLimit, doubts: 0 };
  return check(value, schema, { root: schema, depth: 0, work }) || work.left < 0;
}

/** What may still be spent on the whole; below zero nothing is looked at any more. */
interface Work {
  left: number;
  /** How often something was met that could not be judged. */
  doubts: number;
}

interface Position {
  readonly root: JsonValue;
  readonly depth: number;
  readonly work: Work;
}

function canSpend(work: Work, steps: number): boolean {
  if (work.left >= 0) work.left -= steps;
  return work.left >= 0;
}

function check(value: JsonValue, schema: JsonValue | undefined, position: Position): boolean {
  const { root, depth, work } = position;
  if (typeof schema === "boolean") return schema;
  if (schema === undefined) return true;
  if (!isJsonObject(schema) || depth > maxDepth || !canSpend(work, workOf(value, schema))) return doubt(work);
  if (Object.keys(schema).some((keyword) => !understood.has(keyword))) doubt(work);
  const inner = { root, depth: depth + 1, work };
  const reference = schema["$ref"];
  if (typeof reference === "string" && !check(value, resolve(root, reference, work), inner)) return false;
  return (
    hasType(value, schema["type"]) &&
    isListed(value, schema, work) &&
    combines(value, schema, inner) &&
    (!isJsonObject(value) || isObjectValid(value, schema, inner)) &&
    (!Array.isArray(value) || isListValid(value, schema, inner)) &&
    (typeof value !== "string" || isTextValid(value, schema, work)) &&
    (typeof value !== "number" || isNumberValid(value, schema))
  );
}

function doubt(work: Work): true {
  work.doubts++;
  return true;
}

/** Of what is walked once for each check, beside what counts itself. */
function workOf(value: JsonValue, schema: JsonObject): number {
  const { $ref, type, required } = schema;
  const walked = [value, $ref, type, required].map((part) =>
    typeof part === "string" || Array.isArray(part) ? part.length : 0,
  );
  return walked.reduce((sum, length) => sum + length, workOfCheck + Object.keys(schema).length);
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

function isListed(value: JsonValue, schema: JsonObject, work: Work): boolean {
  const { enum: options, const: constant } = schema;
  if (constant !== undefined && !isSame(value, constant, work)) return false;
  return !Array.isArray(options) || options.some((option) => isSame(value, option, work));
}

function combines(value: JsonValue, schema: JsonObject, position: Position): boolean {
  const { anyOf, oneOf, allOf, not } = schema;
  const { work } = position;
  const isMet = (option: JsonValue): boolean => check(value, option, position);
  const judge = (option: JsonValue): "met" | "perhaps" | "broken" => {
    const before = work.doubts;
    if (!isMet(option)) return "broken";
    return work.doubts === before ? "met" : "perhaps";
  };
  if (Array.isArray(anyOf) && !anyOf.some(isMet)) return false;
  if (Array.isArray(oneOf)) {
    const verdicts = oneOf.map(judge);
    const isNone = verdicts.every((verdict) => verdict === "broken");
    if (isNone || verdicts.filter((verdict) => verdict === "met").length > 1) return false;
  }
  if (Array.isArray(allOf) && !allOf.every(isMet)) return false;
  return not === undefined || judge(not) !== "met";
}

function isObjectValid(value: JsonObject, schema: JsonObject, position: Position): boolean {
  const { required, additionalProperties } = schema;
  const { work } = position;
  if (Array.isArray(required) && required.some((name) => typeof name === "string" && !Object.hasOwn(value, name))) {
    return false;
  }
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const patterns = isJsonObject(schema["patternProperties"]) ? Object.entries(schema["patternProperties"]) : [];
  return Object.entries(value).every(([name, item]) => {
    if (item === undefined || !canSpend(work, 1 + patterns.length)) return true;
    const found = patterns.map(([pattern, part]) => ({ part, isMatch: matches(pattern, name, work) }));
    if (!found.every(({ part, isMatch }) => isMatch !== true || check(item, part, position))) return false;
    if (Object.hasOwn(properties, name)) return check(item, properties[name], position);
    return found.some(({ isMatch }) => isMatch !== false) || check(item, additionalProperties, position);
  });
}

function isListValid(value: JsonValue[], schema: JsonObject, position: Position): boolean {
  const { items, prefixItems, minItems, maxItems } = schema;
  if (!isWithin(value.length, minItems, maxItems)) return false;
  const prefix = Array.isArray(prefixItems) ? prefixItems : [];
  return value.every((item, index) => check(item, index < prefix.length ? prefix[index] : items, position));
}

function isTextValid(value: string, schema: JsonObject, work: Work): boolean {
  const { pattern, minLength, maxLength } = schema;
  // JSON Schema counts code points, as this does, not UTF-16 units.
  const { length } = Array.from(value);
  return (
    isWithin(length, minLength, maxLength) && (typeof pattern !== "string" || matches(pattern, value, work) !== false)
  );
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

/** null for a pattern that this engine does not take, or that may take it long: a tool's author may write a slow one. */
function matches(pattern: string, text: string, work: Work): boolean | null {
  const steps = stepsOf(pattern, text.length);
  if (steps <= work.left) {
    work.left -= steps;
    try {
      return new RegExp(pattern, "u").test(text);
    } catch {
      // A pattern that this engine does not take.
    }
  }
  work.doubts++;
  return null;
}

/**
 * Ways in which a pattern can go through a text before it gives up: each place to begin, each length of each repetition,
 * each alternative. A group that is repeated has more than can be told.
 */
function stepsOf(pattern: string, textLength: number): number {
  if (pattern.length > 200 || /\)[*+{]/.test(pattern)) return Infinity;
  const repetitions = pattern.match(/[*+]|\{\d+,/g)?.length ?? 0;
  const choices = pattern.match(/\||(?<!\()\?/g)?.length ?? 0;
  return (textLength + 1) ** (repetitions + 1) * 2 ** choices;
}

/** The schema at a local reference (`#/$defs/Edit`); true (anything goes) where there is none. */
function resolve(root: JsonValue, reference: string, work: Work): JsonValue {
  if (!reference.startsWith("#")) return doubt(work);
  let current: JsonValue | undefined = root;
  for (const part of reference.slice(1).split("/").filter(Boolean)) {
    if (!isJsonObject(current)) return doubt(work);
    current = current[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return current ?? doubt(work);
}

function isSame(one: JsonValue, other: JsonValue, work: Work): boolean {
  if (!canSpend(work, 1) || one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index] ?? null, work));
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(one[name] ?? null, other[name] ?? null, work))
  );
}
