/**
 * Structured output: Anthropic's `output_config.format` (in older betas `output_format`) as `response_format`.
 *
 * A target without it is asked in words, in the system prompt.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json.ts";
import type { JsonObject } from "../../../core/json.ts";
import { adaptSchema } from "./adapt-schema.ts";
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
    context.notes.add("output_config.format: asked for in words");
    return {
      parameters: {},
      instruction: `Answer with one JSON document only, without any text or fence around it, that fits this JSON Schema:\n${JSON.stringify(schema)}`,
    };
  }
  const adapted = adaptSchema(schema, context.traits.schemaSubset).schema;
  const json_schema = { name: "answer", schema: adapted, ...(isStrict(adapted) && { strict: true }) };
  return { parameters: { response_format: { type: "json_schema", json_schema } }, instruction: "" };
}

/**
 * Whether OpenAI takes the schema in strict mode: every object closed, every property required.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
function isStrict(schema: JsonObject): boolean {
  const properties = schema["properties"];
  if (isJsonObject(properties)) {
    const required = toJsonArray(schema["required"]);
    const isClosed = schema["additionalProperties"] === false;
    if (!isClosed || !Object.keys(properties).every((name) => required.includes(name))) return false;
  } else if (schema["type"] === "object") return false;
  const maps = [properties, schema["$defs"], schema["definitions"]].flatMap((map) => Object.values(toJsonObject(map)));
  const children = [...maps, ...toJsonArray(schema["anyOf"]), schema["items"]];
  return children.every((child) => !isJsonObject(child) || isStrict(child));
}
