/**
 * A `response_format` made to fit a target that takes no schema: it is asked in words, in the system prompt, and for JSON as
 * such where it can be.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";

/** `body` with a format that the target takes; the same object where that is so already. */
export function fitOutputFormat(body: JsonObject, traits: TargetTraits): JsonObject {
  const { response_format: format, ...rest } = body;
  const { type, json_schema } = toJsonObject(format);
  if (traits.hasStructuredOutput || type !== "json_schema") return body;
  const schema = toJsonObject(toJsonObject(json_schema)["schema"]);
  const messages = withInstruction(toJsonArray(body["messages"]), formatInstruction(schema));
  return { ...rest, messages, ...jsonMode(schema, traits) };
}

/** JSON mode knows objects only, and wants the word in the prompt: https://api-docs.deepseek.com/guides/json_mode */
export function jsonMode(schema: JsonObject, { hasJsonMode }: TargetTraits): JsonObject {
  return hasJsonMode && schema["type"] === "object" ? { response_format: { type: "json_object" } } : {};
}

/** The words that ask for an answer of `schema`. */
export function formatInstruction(schema: JsonObject): string {
  return `Answer with one JSON document only, without any text or fence around it, that fits this JSON Schema:\n${JSON.stringify(schema)}`;
}

/** At the end of the first system message: some targets read one only. */
function withInstruction(messages: readonly JsonValue[], instruction: string): JsonValue[] {
  const [first, ...rest] = messages;
  if (!isJsonObject(first) || (first["role"] !== "system" && first["role"] !== "developer")) {
    return [{ role: "system", content: instruction }, ...messages];
  }
  const { content } = first;
  const joined = Array.isArray(content)
    ? [...content, { type: "text", text: instruction }]
    : [content, instruction].filter((text) => typeof text === "string").join("\n\n");
  return [{ ...first, content: joined }, ...rest];
}
