/** What OpenAI refuses in the schemas of functions and answers. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { ProviderError } from "../provider-error.ts";
import { textOrJson } from "../text-or-json.ts";
import { invalid } from "./invalid-request.ts";

/** The first thing wrong with a function's parameters, which stand at `param`; null for nothing, or for no parameters. */
export function checkFunctionSchema(
  schema: JsonValue | undefined,
  name: string,
  isStrict: boolean,
  param: string,
): ProviderError | null {
  if (schema === undefined) return null;
  const refuse = (why: string): ProviderError =>
    invalid(`Invalid schema for function '${name}': ${why}`, param, "invalid_function_parameters");
  if (!isJsonObject(schema) || schema["type"] !== "object") {
    return refuse(
      `schema must be a JSON Schema of 'type: "object"', got 'type: "${textOrJson(toJsonObject(schema)["type"] ?? "None")}"'.`,
    );
  }
  const looseness = isStrict ? findLooseness(schema, []) : null;
  return looseness === null ? null : refuse(looseness);
}

/** Where `schema` at `path` leaves a field open or optional, which strict schemas must not; null for nowhere. */
export function findLooseness(schema: JsonValue | undefined, path: readonly string[]): string | null {
  if (!isJsonObject(schema)) return null;
  const looseness = isObjectSchema(schema) ? findOwnLooseness(schema) : null;
  if (looseness !== null) {
    const steps = path.map((step) => `'${step}'`).join(", ");
    return `In context=(${steps}${path.length === 1 ? "," : ""}), ${looseness}`;
  }
  for (const [below, ...steps] of listSchemas(schema)) {
    const refusal = findLooseness(below, [...path, ...steps]);
    if (refusal !== null) return refusal;
  }
  return null;
}

function isObjectSchema(schema: JsonObject): boolean {
  return schema["type"] === "object" || schema["properties"] !== undefined;
}

function findOwnLooseness(schema: JsonObject): string | null {
  if (schema["additionalProperties"] !== false) {
    return "'additionalProperties' is required to be supplied and to be false.";
  }
  const required = new Set(toJsonArray(schema["required"]));
  const missing = Object.keys(toJsonObject(schema["properties"])).find((property) => !required.has(property));
  if (missing === undefined) return null;
  return `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
}

/** The schemas right within one, each with the steps to it. */
function listSchemas(schema: JsonObject): [JsonValue | undefined, ...string[]][] {
  const named = ["properties", "$defs"].flatMap((field) =>
    Object.entries(toJsonObject(schema[field])).map(([name, below]): [JsonValue | undefined, ...string[]] => [
      below,
      field,
      name,
    ]),
  );
  const either = toJsonArray(schema["anyOf"]).map((below, index): [JsonValue, ...string[]] => [
    below,
    "anyOf",
    String(index),
  ]);
  return [...named, [schema["items"], "items"], ...either];
}
