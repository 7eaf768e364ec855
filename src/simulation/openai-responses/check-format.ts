/** What OpenAI refuses in `text`: how an answer is to look. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { findLooseness } from "../openai-chat/check-schema.ts";
import { invalid } from "../openai-chat/invalid-request.ts";
import type { SimulatedModel } from "../profile.ts";
import type { ProviderError } from "../provider-error.ts";
import { textOrJson } from "../text-or-json.ts";
import { checkShape, missingField, unsupportedValue, wrongValue } from "./refusals.ts";

/** The first thing wrong with it, or null. */
export function checkFormat(body: JsonObject, model: SimulatedModel): ProviderError | null {
  const text = toJsonObject(body["text"]);
  const { verbosity = null } = text;
  if (verbosity !== null && verbosity !== "medium" && model.reasoning === "never") {
    return unsupportedValue("text.verbosity", verbosity, model.name, ["medium"]);
  }
  return (
    checkShape(text, { strings: [], others: ["format", "verbosity"] }, "text") ??
    (isJsonObject(text["format"]) ? checkAnswerFormat(body, text["format"]) : null)
  );
}

function checkAnswerFormat(body: JsonObject, format: JsonObject): ProviderError | null {
  const { type, name, schema, strict } = format;
  if (type === "json_schema") {
    const shape = { strings: ["type", "name"], others: ["description", "schema", "strict"] };
    const refusal = checkShape(format, shape, "text.format");
    if (refusal !== null) return refusal;
    if (!isJsonObject(schema)) return missingField("text.format.schema");
    const looseness = strict === true ? findLooseness(schema, []) : null;
    if (looseness === null) return null;
    return invalid(
      `Invalid schema for response_format '${textOrJson(name)}': ${looseness}`,
      "text.format.schema",
      "invalid_json_schema",
    );
  }
  if (type !== "text" && type !== "json_object") {
    return wrongValue("text.format.type", type, ["json_object", "json_schema", "text"]);
  }
  // Instructions do not count.
  if (type === "json_object" && !saysJson(body)) {
    return invalid(
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
      "input",
    );
  }
  return checkShape(format, { strings: ["type"], others: [] }, "text.format");
}

function saysJson(body: JsonObject): boolean {
  const { input } = body;
  if (typeof input === "string") return /json/i.test(input);
  return toJsonArray(input).some((item) => /json/i.test(JSON.stringify(toJsonObject(item)["content"] ?? "")));
}
