/** `response_format` as `output_config.format`, or as an instruction where the target cannot be forced. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";

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
  notes: Set<string>,
): OutputFormat {
  const wanted = toJsonObject(responseFormat);
  if (wanted["type"] === "json_object") {
    notes.add("response_format json_object became an instruction");
    return { format: null, instruction: "Answer with one JSON object and nothing else: no prose, no code fence." };
  }
  if (wanted["type"] !== "json_schema") return { format: null, instruction: null };
  const { schema } = toJsonObject(wanted["json_schema"]);
  const isOpen = holdsOpenObject(toJsonObject(schema));
  if (traits.hasStructuredOutput && !isOpen) {
    return { format: { type: "json_schema", schema: toOutputSchema(toJsonObject(schema)) }, instruction: null };
  }
  const reason = isOpen ? "the target takes no object of any keys" : "the target cannot be forced";
  notes.add(`response_format json_schema became an instruction: ${reason}`);
  const instruction = `Answer with one JSON document that fits this JSON Schema and nothing else:\n${JSON.stringify(schema ?? {})}`;
  return { format: null, instruction };
}

/** Whether the schema holds an object of any keys, such as a map: closed, as the API wants all objects, it could only be empty. */
function holdsOpenObject(schema: JsonObject): boolean {
  const { properties, $defs, definitions, items, anyOf, oneOf, allOf } = schema;
  const isNameless = Object.keys(toJsonObject(properties)).length === 0 && schema["additionalProperties"] !== false;
  if (isNameless && [schema["type"]].flat().includes("object")) return true;
  const maps = [properties, $defs, definitions].flatMap((map) => Object.values(toJsonObject(map)));
  const children = [...maps, items, ...[anyOf, oneOf, allOf].flatMap((choices) => toJsonArray(choices))];
  return children.some((child) => isJsonObject(child) && holdsOpenObject(child));
}

/** What structured outputs take; they refuse the rest: https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
const takenKeys: ReadonlySet<string> = new Set(
  (
    "$ref $defs definitions type title description properties required additionalProperties items minItems anyOf allOf enum " +
    "const default format pattern"
  ).split(" "),
);

const takenFormats: ReadonlySet<unknown> = new Set(
  "date-time time date duration email hostname uri ipv4 ipv6 uuid".split(" "),
);

function isTaken(name: string, value: JsonValue | undefined): boolean {
  if (name === "minItems") return value === 0 || value === 1;
  return name === "format" ? takenFormats.has(value) : takenKeys.has(name);
}

/** The schema that the API takes: objects closed, any choice `anyOf`, what it refuses said in the description instead. */
function toOutputSchema({ oneOf, ...given }: JsonObject): JsonObject {
  const schema = oneOf === undefined ? given : { anyOf: oneOf, ...given };
  const result: JsonObject = {};
  const said: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (isTaken(name, value)) result[name] = toSubschema(name, value);
    else if (name !== "$schema") said.push(`${name}: ${JSON.stringify(value)}`);
  }
  if ([result["type"]].flat().includes("object") || result["properties"] !== undefined)
    result["additionalProperties"] = false;
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
  if (name === "anyOf" || name === "allOf") {
    return toJsonArray(value).map((inner) => toOutputSchema(toJsonObject(inner)));
  }
  return name === "items" && isJsonObject(value) ? toOutputSchema(value) : value;
}
