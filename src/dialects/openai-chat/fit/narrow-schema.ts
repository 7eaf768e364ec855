/**
 * A tool's JSON Schema, for targets that know some of its keys only. References are inlined; what a subset cannot say is
 * left out: a schema grows wider, never narrower (but for lists without `items`, which Gemini refuses).
 *
 * gemini: the fields of https://ai.google.dev/api/caching#Schema. moonshot:
 * https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md. plain: type, description, properties, required, items, enum.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { mapSubschemas } from "./map-subschemas.ts";
import { mergeUnions, resolveReference } from "./merge-unions.ts";

/** How many subschemas references may still write out in one request; what they would add beyond stands for any object. */
export interface ReferenceBudget {
  left: number;
}

/** For one request: each of its tools takes from the same. */
export const createReferenceBudget = (): ReferenceBudget => ({ left: 10_000 });

/** Of these one schema may take so many: definitions that refer to each other grow with a power of their number. */
const maxReferencedNodes = 1_000;

/** How often a reference is written out inside itself. */
const maxRepeats = 2;

const plainKeys = ["type", "description", "properties", "required", "items", "enum"] as const;

const words = (text: string): readonly string[] => text.split(" ");
const geminiKeys = words("title format nullable anyOf minItems maxItems minimum maximum minLength maxLength");

/** The keys that a narrow subset keeps; all others are dropped. */
const narrowKeys: Readonly<Record<"gemini" | "moonshot" | "plain", ReadonlySet<string>>> = {
  plain: new Set(plainKeys),
  moonshot: new Set([...plainKeys, "anyOf"]),
  gemini: new Set([...plainKeys, ...geminiKeys]),
};

/** Formats that Gemini knows; it refuses any other. */
const geminiFormats: ReadonlySet<unknown> = new Set(["enum", "date-time", "int32", "int64", "float", "double"]);

/** Deepest nesting that is followed. */
const maxDepth = 12;

/** What all subschemas of one schema share. */
interface Scope {
  readonly root: JsonObject;
  readonly keys: ReadonlySet<string>;
  nodesLeft: number;
}

/** `schema` as an object of the subset. */
export function narrowSchema(schema: JsonObject, subset: keyof typeof narrowKeys, budget: ReferenceBudget): JsonObject {
  const nodes = Math.min(budget.left, maxReferencedNodes);
  const scope = { root: schema, keys: narrowKeys[subset], nodesLeft: nodes };
  const root = narrow({ ...mergeUnions(schema, schema), type: "object" }, scope, [], 0);
  budget.left -= nodes - scope.nodesLeft;
  return { ...root, type: "object", properties: toJsonObject(root["properties"]) };
}

/** `within`: the references that led here. */
function narrow(given: JsonObject, scope: Scope, within: readonly string[], depth: number): JsonObject {
  const { root, keys } = scope;
  const path = typeof given["$ref"] === "string" ? [...within, given["$ref"]] : within;
  if (depth > maxDepth || isEnough(path, scope)) return withoutParts(given);
  const hasAnyOf = keys.has("anyOf");
  let schema = resolveReference(given, root);
  if (schema["const"] !== undefined) schema = { ...schema, enum: [schema["const"]] };
  if (schema["allOf"] !== undefined || !hasAnyOf) schema = mergeUnions(schema, root);
  else if (schema["oneOf"] !== undefined) schema = { ...schema, anyOf: schema["oneOf"] };
  schema = withSingleType(schema, hasAnyOf);
  if (hasAnyOf) schema = withSomeType(schema);
  const kept: JsonObject = {};
  for (const key of Object.keys(schema)) if (keys.has(key)) kept[key] = schema[key];
  const narrowed = mapSubschemas(withObjects(kept), (child) => narrow(child, scope, path, depth + 1));
  dropInvalidParts(narrowed);
  return narrowed;
}

/** Counts a subschema that a reference wrote out; says whether it is one too many, or the same one again. */
function isEnough(path: readonly string[], scope: Scope): boolean {
  const last = path.at(-1);
  if (last === undefined) return false;
  if (scope.nodesLeft === 0 || path.filter((reference) => reference === last).length > maxRepeats) return true;
  scope.nodesLeft--;
  return false;
}

/** What stays of a schema that goes no deeper: any object, or its own type where that has no parts. */
function withoutParts({ type, description }: JsonObject): JsonObject {
  const isPlain = typeof type === "string" && type !== "object" && type !== "array";
  return { type: isPlain ? type : "object", ...(typeof description === "string" && { description }) };
}

/** A list of types as one type, with null as `nullable`, or as a union; any type where the subset has neither. */
function withSingleType(schema: JsonObject, hasAnyOf: boolean): JsonObject {
  const { type: types, ...rest } = schema;
  if (!Array.isArray(types)) return schema;
  const named = types.filter((type) => type !== "null");
  const nullable = hasAnyOf && named.length < types.length ? { nullable: true } : {};
  if (named.length === 1) return { ...rest, type: named[0] ?? "string", ...nullable };
  return hasAnyOf ? { ...rest, anyOf: named.map((type) => ({ type })), ...nullable } : rest;
}

const anyTypes = words("string number boolean object array");

/**
 * Gemini and Moonshot refuse a schema without a type (seen in https://github.com/danny-avila/LibreChat/issues/6971 and
 * https://github.com/luxus/pi-hindsight/issues/550), as Claude Code's tools hold them for values of any kind; Moonshot
 * also one with a union beside its type.
 */
function withSomeType(schema: JsonObject): JsonObject {
  const { anyOf, ...rest } = schema;
  if (schema["type"] !== undefined) return rest;
  if (anyOf !== undefined) return schema;
  if (schema["properties"] !== undefined) return { ...schema, type: "object" };
  if (schema["items"] !== undefined) return { ...schema, type: "array" };
  const isText = toJsonArray(schema["enum"]).some((value) => typeof value === "string" && value !== "");
  return isText ? { ...schema, type: "string" } : { ...schema, anyOf: anyTypes.map((type) => ({ type })) };
}

/** Subschemas that are no objects, `true` or a tuple of `items`, as objects that take anything. */
function withObjects(schema: JsonObject): JsonObject {
  const { items, properties, anyOf } = schema;
  const toObject = (child: JsonValue | undefined): JsonObject => (isJsonObject(child) ? child : {});
  return {
    ...schema,
    ...(items !== undefined && { items: toObject(items) }),
    ...(isJsonObject(properties) && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, toObject(child)])),
    }),
    ...(Array.isArray(anyOf) && { anyOf: anyOf.map(toObject) }),
  };
}

function dropInvalidParts(schema: JsonObject): void {
  if (schema["enum"] !== undefined) {
    const values = toJsonArray(schema["enum"]).filter((value) => typeof value === "string" && value !== "");
    if (values.length > 0 && (schema["type"] ?? "string") === "string") {
      schema["type"] = "string";
      schema["enum"] = values;
    } else delete schema["enum"];
  }
  if (schema["format"] !== undefined && !geminiFormats.has(schema["format"])) delete schema["format"];
  if (schema["type"] === "array" && schema["items"] === undefined) schema["items"] = { type: "string" };
  if (schema["required"] !== undefined) {
    const properties = toJsonObject(schema["properties"]);
    const required = toJsonArray(schema["required"]).filter((name) => typeof name === "string" && name in properties);
    if (required.length > 0) schema["required"] = required;
    else delete schema["required"];
  }
}
