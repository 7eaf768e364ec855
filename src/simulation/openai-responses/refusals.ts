/** OpenAI's words for what is wrong with a field, and the check of an object's fields by its shape. */
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { invalid } from "../openai-chat/invalid-request.ts";
import type { ProviderError } from "../provider-error.ts";
import { textOrJson } from "../text-or-json.ts";

/** The fields of an object: strings that must be there, and those that may. */
export interface Shape {
  readonly strings: readonly string[];
  readonly others: readonly string[];
}

/** The first field that is missing, no string or foreign, or null. */
export function checkShape(object: JsonObject, shape: Shape, where: string): ProviderError | null {
  for (const field of shape.strings) {
    const value = object[field];
    if (value === undefined) return missingField(`${where}.${field}`);
    if (typeof value !== "string") return wrongType(`${where}.${field}`, "a string", value);
  }
  const foreign = Object.keys(object).find((field) => !shape.strings.includes(field) && !shape.others.includes(field));
  return foreign === undefined ? null : unknownField(`${where}.${foreign}`);
}

export function unknownField(path: string): ProviderError {
  return invalid(`Unknown parameter: '${path}'.`, path, "unknown_parameter");
}

export function missingField(path: string): ProviderError {
  return invalid(`Missing required parameter: '${path}'.`, path, "missing_required_parameter");
}

export function wrongType(path: string, expected: string, value: JsonValue): ProviderError {
  return invalid(
    `Invalid type for '${path}': expected ${expected}, but got ${nameType(value)} instead.`,
    path,
    "invalid_type",
  );
}

export function wrongValue(path: string, value: JsonValue | undefined, supported: readonly string[]): ProviderError {
  return invalid(
    `Invalid value: '${textOrJson(value)}'. Supported values are: ${listNames(supported)}.`,
    path,
    "invalid_value",
  );
}

export function unsupportedField(path: string): ProviderError {
  return invalid(`Unsupported parameter: '${path}' is not supported with this model.`, path, "unsupported_parameter");
}

export function unsupportedValue(
  path: string,
  value: JsonValue,
  model: string,
  supported: readonly string[],
): ProviderError {
  return invalid(
    `Unsupported value: '${textOrJson(value)}' is not supported with the '${model}' model. Supported values are: ${listNames(supported)}.`,
    path,
    "unsupported_value",
  );
}

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
function listNames(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length < 3) return quoted.join(" and ");
  return `${quoted.slice(0, -1).join(", ")}, and ${quoted.at(-1)}`;
}

function nameType(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
