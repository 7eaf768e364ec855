/** `response_format` as `output_config.format`, or as an instruction where the target cannot be forced. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json.ts";
import type { TargetTraits } from "../../target-traits.ts";
import type { Notes } from "./notes.ts";

export interface OutputFormat {
  /** For `output_config`. */
  readonly format: JsonObject | null;
  /** For `system`. */
  readonly instruction: string | null;
}

/** How the answer's form is asked for. */
export function toOutputFormat(
  responseFormat: JsonValue | undefined,
  traits: TargetTraits,
  notes: Notes,
): OutputFormat {
  const wanted = toJsonObject(responseFormat);
  if (wanted["type"] === "json_object") {
    notes.add("response_format json_object became an instruction");
    return { format: null, instruction: "Answer with one JSON object and nothing else: no prose, no code fence." };
  }
  if (wanted["type"] !== "json_schema") return { format: null, instruction: null };
  const { schema } = toJsonObject(wanted["json_schema"]);
  if (traits.hasStructuredOutput) {
    return { format: { type: "json_schema", schema: toOutputSchema(toJsonObject(schema)) }, instruction: null };
  }
  notes.add("response_format json_schema became an instruction: the target cannot be forced");
  const instruction = `Answer with one JSON document that fits this JSON Schema and nothing else:\n${JSON.stringify(schema ?? {})}`;
  return { format: null, instruction };
}

/** Constraints that structured outputs refuse: https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
const refusedConstraints: ReadonlySet<string> = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
]);

/** The schema that the API takes: objects closed, refused constraints said in the description instead. */
function toOutputSchema(schema: JsonObject): JsonObject {
  const result: JsonObject = {};
  const said: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    const isRefused = refusedConstraints.has(name) || (name === "minItems" && value !== 0 && value !== 1);
    if (isRefused) said.push(`${name}: ${JSON.stringify(value)}`);
    else result[name] = toSubschema(name, value);
  }
  if (result["type"] === "object" || result["properties"] !== undefined) result["additionalProperties"] = false;
  if (said.length === 0) return result;
  const described = typeof result["description"] === "string" ? `${result["description"]} ` : "";
  return { ...result, description: `${described}(${said.join(", ")})` };
}

function toSubschema(name: string, value: JsonValue | undefined): JsonValue | undefined {
  if (name === "properties" || name === "$defs" || name === "definitions") {
    return Object.fromEntries(
      Object.entries(toJsonObject(value)).map(([key, inner]) => [key, toOutputSchema(toJsonObject(inner))]),
    );
  }
  if (name === "anyOf" || name === "oneOf" || name === "allOf") {
    return toJsonArray(value).map((inner) => toOutputSchema(toJsonObject(inner)));
  }
  return name === "items" && isJsonObject(value) ? toOutputSchema(value) : value;
}
