/**
 * Structured output: Anthropic's `output_config.format` (in older betas `output_format`) as `response_format`.
 *
 * A target without it is asked in words, in the system prompt, and for JSON as such where it can be.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { formatInstruction, jsonMode } from "../../openai-chat/fit/fit-output-format.ts";
import { adaptSchema } from "../../openai-chat/fit/adapt-schema.ts";
import { mapSubschemas } from "../../openai-chat/fit/map-subschemas.ts";
import type { ContentContext } from "./content-parts.ts";

export interface StructuredOutput {
  readonly parameters: JsonObject;
  /** To be added to the system prompt; "" for none. */
  readonly instruction: string;
}

/** The parameters and words that ask for the request's format. */
export function toStructuredOutput(body: JsonObject, context: ContentContext): StructuredOutput {
  const format = toJsonObject(toJsonObject(body["output_config"])["format"] ?? body["output_format"]);
  const schema = format["schema"];
  if (format["type"] !== "json_schema" || !isJsonObject(schema)) return { parameters: {}, instruction: "" };
  if (!context.traits.hasStructuredOutput) {
    const parameters = jsonMode(schema, context.traits);
    const isJsonMode = parameters["response_format"] !== undefined;
    context.notes.add(`output_config.format: asked for in words${isJsonMode ? " and as json_object" : ""}`);
    return { parameters, instruction: formatInstruction(schema) };
  }
  const adapted = adaptSchema(withTypes(schema), context.traits.schemaSubset).schema;
  const json_schema = { name: "answer", schema: adapted, ...(isStrict(adapted) && { strict: true }) };
  return { parameters: { response_format: { type: "json_schema", json_schema } }, instruction: "" };
}

/**
 * The type beside each `enum` and `const`: Anthropic's own client libraries leave it out, and strict mode refuses what
 * names no type (seen in https://github.com/openclaw/clawpatch/issues/60).
 */
function withTypes(schema: JsonObject): JsonObject {
  const typed = mapSubschemas(schema, withTypes);
  const values = schema["const"] === undefined ? toJsonArray(schema["enum"]) : [schema["const"]];
  const types = [...new Set(values.map((value) => (value === null ? "null" : typeof value)))];
  if (typed["type"] !== undefined || types.length === 0 || types.includes("object")) return typed;
  return { ...typed, type: types.length === 1 ? types[0] : types };
}

/** What strict mode knows; any other keyword is refused, as `oneOf`, `allOf` and `default` are. */
const strictKeys: ReadonlySet<string> = new Set(
  (
    "$schema $ref $defs definitions type title description properties required additionalProperties items anyOf enum const " +
    "pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems"
  ).split(" "),
);

/** Others are refused: Anthropic's `uri`, too (seen in https://github.com/cyanheads/git-mcp-server/issues/47). */
const strictFormats: ReadonlySet<unknown> = new Set(
  "date-time time date duration email hostname ipv4 ipv6 uuid".split(" "),
);

/**
 * Whether OpenAI takes the schema in strict mode: every object closed, every property required, nothing that it does
 * not know. https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
function isStrict(schema: JsonObject): boolean {
  if (!Object.keys(schema).every((key) => strictKeys.has(key))) return false;
  if (!["type", "anyOf", "$ref"].some((key) => schema[key] !== undefined)) return false;
  if (schema["format"] !== undefined && !strictFormats.has(schema["format"])) return false;
  const properties = schema["properties"];
  if (isJsonObject(properties)) {
    const required = toJsonArray(schema["required"]);
    const isClosed = schema["additionalProperties"] === false;
    if (!isClosed || !Object.keys(properties).every((name) => required.includes(name))) return false;
  } else if ([schema["type"]].flat().includes("object")) return false;
  const maps = [properties, schema["$defs"], schema["definitions"]].flatMap((map) => Object.values(toJsonObject(map)));
  const children = [...maps, ...toJsonArray(schema["anyOf"]), schema["items"]];
  return children.every((child) => !isJsonObject(child) || isStrict(child));
}
