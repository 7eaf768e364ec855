/** References and unions of a JSON Schema, for targets that take none: what they name, written out as one schema. Pure. */
import { decodeUriText } from "../../../core/http/decode-uri-text.ts";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";

/** The schema that a local `$ref` names, with what stands beside it; anything where it leads nowhere, or in a circle. */
export function resolveReference(schema: JsonObject, root: JsonObject, hopsLeft = 8): JsonObject {
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
export function mergeUnions(schema: JsonObject, root: JsonObject): JsonObject {
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
