/**
 * A tool's JSON Schema, adapted to the part of JSON Schema that a target accepts.
 *
 * full: as it came, but for what is no JSON Schema at all, which each subset lacks (mend-schema.ts). openai: what https://platform.openai.com/docs/guides/function-calling refuses outside strict
 * mode is mended (no top-level union, objects with properties, lists with items). gemini: the fields of
 * https://ai.google.dev/api/caching#Schema. moonshot: https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md.
 * plain: type, description, properties, required, items, enum. References are inlined for the last three; what a subset cannot say is left out: a schema grows wider,
 * never narrower (but for lists without `items`, which Gemini refuses).
 */
import { decodeUriText } from "../../../core/http/decode-uri-text.ts";
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { SchemaSubset } from "../../target-traits.ts";
import { mendSchema } from "./mend-schema.ts";

export interface AdaptedSchema {
  readonly schema: JsonObject;
  /** Whether anything but missing empty parts had to change. */
  readonly isChanged: boolean;
}

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

/** `schema` for a target of `subset`; an object without properties where there is none. */
export function adaptSchema(
  schema: JsonValue | undefined,
  subset: SchemaSubset,
  budget: ReferenceBudget = createReferenceBudget(),
): AdaptedSchema {
  const given = isJsonObject(schema) ? schema : { type: "object", properties: {} };
  const sound = mendSchema(given);
  const adapted = toSubset(sound, subset, budget);
  return { schema: adapted, isChanged: adapted !== given && JSON.stringify(adapted) !== JSON.stringify(given) };
}

function toSubset(schema: JsonObject, subset: SchemaSubset, budget: ReferenceBudget): JsonObject {
  if (subset === "full") return schema;
  return subset === "openai" ? toOpenaiRoot(schema) : toNarrowRoot(schema, narrowKeys[subset], budget);
}

function toOpenaiRoot(schema: JsonObject): JsonObject {
  const root = mendForOpenai(mergeUnions(schema, schema));
  return { ...root, type: "object", properties: toJsonObject(root["properties"]) };
}

/**
 * Lists get `items` and objects `properties`, at any depth, also where the type is one of several
 * (https://github.com/Automattic/wordpress-mcp/issues/103).
 */
function mendForOpenai(schema: JsonObject): JsonObject {
  const mended = mapSubschemas(schema, mendForOpenai);
  const { type, items, properties } = mended;
  const isOrMayBe = (name: string): boolean => type === name || (Array.isArray(type) && type.includes(name));
  if (isOrMayBe("array") && items === undefined) mended["items"] = {};
  if (isOrMayBe("object") && properties === undefined) mended["properties"] = {};
  return mended;
}

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

function toNarrowRoot(schema: JsonObject, keys: ReadonlySet<string>, budget: ReferenceBudget): JsonObject {
  const nodes = Math.min(budget.left, maxReferencedNodes);
  const scope = { root: schema, keys, nodesLeft: nodes };
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

/** The schema that a local `$ref` names, with what stands beside it; anything where it leads nowhere, or in a circle. */
function resolveReference(schema: JsonObject, root: JsonObject, hopsLeft = 8): JsonObject {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || hopsLeft === 0) return schema;
  const { $ref: _, ...beside } = schema;
  let found: JsonValue | undefined = reference.startsWith("#") ? root : undefined;
  for (const step of reference.split("/").slice(1)) {
    found = toJsonObject(found)[decodeUriText(step).replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return { ...resolveReference(toJsonObject(found), root, hopsLeft - 1), ...beside };
}

/**
 * One object schema that takes whatever one of the schema's unions takes: all properties, and as required only what
 * every branch requires (any one, for allOf).
 */
function mergeUnions(schema: JsonObject, root: JsonObject): JsonObject {
  let merged = schema;
  for (const key of ["allOf", "anyOf", "oneOf"] as const) {
    const { [key]: union, ...rest } = merged;
    if (union === undefined) continue;
    const all = toJsonArray(union).map((branch) => resolveReference(toJsonObject(branch), root));
    const branches = all.filter((branch) => branch["type"] !== "null");
    const objects = branches.filter((branch) => branch["properties"] !== undefined);
    if (objects.length === 0 || (key !== "allOf" && objects.length < branches.length)) {
      const [only, ...others] = branches;
      // One branch stands for itself, several of allOf add up, other unions are left open.
      merged = key === "allOf" ? Object.assign({}, ...all, rest) : others.length > 0 ? rest : { ...only, ...rest };
      continue;
    }
    // Thousands of references may lead to one branch: its parts are looked at once, where they stand last.
    const lists = lastOfEach(objects.map((branch) => toJsonArray(branch["required"])));
    const maps = lastOfEach(objects.map((branch) => branch["properties"]));
    const common = key === "allOf" ? lists.flat() : inEach(lists);
    merged = {
      ...rest,
      type: "object",
      properties: Object.assign({}, ...maps, toJsonObject(rest["properties"])),
      required: [...new Set([...toJsonArray(rest["required"]), ...common])],
    };
  }
  return merged;
}

function lastOfEach<T>(values: readonly T[]): T[] {
  return [...new Set(values.toReversed())].reverse();
}

/** What stands in each of the lists. */
function inEach([first = [], ...others]: readonly (readonly JsonValue[])[]): readonly JsonValue[] {
  const sets = others.map((list) => new Set(list));
  return first.filter((value) => sets.every((set) => set.has(value)));
}

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
