/** The settings as JSON Schema: for editors, for docs/config.md, and to know which keys stand where. */
import { z } from "zod";
import { isJsonObject, toJsonObject } from "../core/json/json.ts";
import type { JsonObject } from "../core/json/json.ts";
import { configSchema } from "./schema.ts";
import type { SettingPath } from "./problem.ts";

/** The plain schema of what a file may hold, after its references are replaced. */
export function plainJsonSchema(): JsonObject {
  return z.toJSONSchema(configSchema, {
    io: "input",
    unrepresentable: "any",
    // Zod leaves defaults out where a value is transformed first; here they are the same before and after.
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type === "default") jsonSchema.default = def.defaultValue;
    },
  }) as JsonObject;
}

/** The schema for editors: a number or switch may also be a reference such as `${PORT}`, and a provider may be empty. */
export function editorJsonSchema(): JsonObject {
  const { $schema, ...schema } = plainJsonSchema();
  const providers = toJsonObject(toJsonObject(schema.properties).providers);
  providers.additionalProperties = { anyOf: [toJsonObject(providers.additionalProperties), { type: "null" }] };
  return {
    $schema,
    title: "Claude Code Router configuration (ccr.yaml)",
    ...toJsonObjectDeep(schema),
    $defs: {
      reference: {
        description: "${VARIABLE}, ${VARIABLE:-default} or ${file:/path}",
        type: "string",
        pattern: "\\$\\{[^}]+\\}",
      },
    },
  };
}

let schemaOfKeys: JsonObject | undefined;

/** Names that a map at `path` knows; empty where any name may stand, or nothing is known. */
export function knownKeysAt(path: SettingPath): readonly string[] {
  schemaOfKeys ??= plainJsonSchema();
  let nodes: readonly JsonObject[] = [schemaOfKeys];
  for (const part of path) nodes = nodes.flatMap((node) => children(node, part));
  return [...new Set(nodes.flatMap(alternatives).flatMap((node) => Object.keys(toJsonObject(node.properties))))];
}

function children(node: JsonObject, part: string | number): readonly JsonObject[] {
  return alternatives(node).flatMap((one) => {
    const next =
      typeof part === "number" ? one.items : (toJsonObject(one.properties)[part] ?? one.additionalProperties);
    return isJsonObject(next) ? [next] : [];
  });
}

function alternatives(node: JsonObject): readonly JsonObject[] {
  const { anyOf } = node;
  return Array.isArray(anyOf) ? anyOf.filter(isJsonObject).flatMap(alternatives) : [node];
}

/** Whether a reference would break the type that stands there: plain texts take one anyway. */
function needsReference({ type, pattern, format, enum: names }: JsonObject): boolean {
  if (type === "string") return pattern !== undefined || format !== undefined || names !== undefined;
  return type === "number" || type === "integer" || type === "boolean";
}

function toJsonObjectDeep(node: JsonObject): JsonObject {
  const copy: JsonObject = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, key === "default" || key === "const" ? value : deepen(value)]),
  );
  // An empty map is what every section defaults to: it says nothing to a reader.
  if (isJsonObject(copy.default) && Object.keys(copy.default).length === 0) delete copy.default;
  if (needsReference(node)) {
    const { default: preset, description, ...type } = copy;
    const given = {
      ...(description === undefined ? {} : { description }),
      ...(preset === undefined ? {} : { default: preset }),
    };
    return { ...given, anyOf: [type, { $ref: "#/$defs/reference" }] };
  }
  return copy;
}

function deepen(value: JsonObject[string]): JsonObject[string] {
  if (Array.isArray(value)) return value.map((item) => deepen(item) ?? null);
  return isJsonObject(value) ? toJsonObjectDeep(value) : value;
}
