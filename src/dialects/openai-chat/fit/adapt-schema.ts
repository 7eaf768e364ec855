/**
 * A tool's JSON Schema, adapted to the part of JSON Schema that a target accepts.
 *
 * full: as it came, but for what is no JSON Schema at all, which each subset lacks (mend-schema.ts). openai: what
 * https://platform.openai.com/docs/guides/function-calling refuses outside strict mode is mended (no top-level union, objects
 * with properties, lists with items). The others know some keys only: narrow-schema.ts.
 */
import { isJsonObject, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { SchemaSubset } from "../../target-traits.ts";
import { mapSubschemas } from "./map-subschemas.ts";
import { mendSchema } from "./mend-schema.ts";
import { mergeUnions } from "./merge-unions.ts";
import { createReferenceBudget, narrowSchema } from "./narrow-schema.ts";
import type { ReferenceBudget } from "./narrow-schema.ts";

export interface AdaptedSchema {
  readonly schema: JsonObject;
  /** Whether anything but missing empty parts had to change. */
  readonly isChanged: boolean;
}

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
  return subset === "openai" ? toOpenaiRoot(schema) : narrowSchema(schema, subset, budget);
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
