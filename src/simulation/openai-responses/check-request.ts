/**
 * What OpenAI refuses in a request to its Responses API.
 *
 * Fields: https://platform.openai.com/docs/api-reference/responses/create. It keeps no responses: an earlier one cannot
 * be continued by its id.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { invalid } from "../openai-chat/invalid-request.ts";
import { responsesEffortsOf } from "../openai-chat/openai-reasoning.ts";
import type { SimulatedModel } from "../profile.ts";
import type { ProviderError } from "../provider-error.ts";
import { textOrJson } from "../text-or-json.ts";
import { checkFormat } from "./check-format.ts";
import { checkInput } from "./check-input.ts";
import { checkTools } from "./check-tools.ts";
import { checkShape, unknownField, unsupportedField, unsupportedValue, wrongType, wrongValue } from "./refusals.ts";

const fields = new Set(
  (
    "access_programs background context_management conversation image include input instructions max_output_tokens " +
    "max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key " +
    "prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options " +
    "temperature text tool_choice tools top_logprobs top_p truncation user"
  ).split(" "),
);

const includable = [
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "message.input_image.image_url",
  "computer_call_output.output.image_url",
  "code_interpreter_call.outputs",
  "reasoning.encrypted_content",
  "message.output_text.logprobs",
];

/** The first thing wrong with the request, or null. */
export function checkResponsesRequest(body: JsonObject, model: SimulatedModel): ProviderError | null {
  return (
    checkFields(body) ??
    checkMaxTokens(body, model) ??
    checkSampling(body, model) ??
    checkReasoning(body, model) ??
    checkInclude(body, model) ??
    checkFormat(body, model) ??
    checkTools(body) ??
    checkInput(body)
  );
}

function checkFields(body: JsonObject): ProviderError | null {
  const foreign = Object.keys(body).find((field) => !fields.has(field));
  if (foreign !== undefined) return unknownField(foreign);
  const options = body["stream_options"] ?? null;
  if (options !== null && body["stream"] !== true) {
    return invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  }
  const previous = body["previous_response_id"] ?? null;
  if (previous !== null) {
    return invalid(
      `Previous response with id '${textOrJson(previous)}' not found.`,
      "previous_response_id",
      "previous_response_not_found",
    );
  }
  return checkShape(toJsonObject(options), { strings: [], others: ["include_obfuscation"] }, "stream_options");
}

function checkMaxTokens(body: JsonObject, model: SimulatedModel): ProviderError | null {
  const field = "max_output_tokens";
  const asked = body[field] ?? null;
  if (asked === null) return null;
  if (typeof asked !== "number" || !Number.isInteger(asked)) return wrongType(field, "an integer", asked);
  const refuse = (side: string, bound: string): ProviderError =>
    invalid(
      `Invalid '${field}': integer ${side} value. Expected a value ${bound}, but got ${asked} instead.`,
      field,
      `integer_${side.replace(" ", "_").replace("minimum", "min").replace("maximum", "max")}_value`,
    );
  if (asked < 16) return refuse("below minimum", ">= 16");
  return asked > model.maxOutputTokens ? refuse("above maximum", `<= ${model.maxOutputTokens}`) : null;
}

function checkSampling(body: JsonObject, model: SimulatedModel): ProviderError | null {
  for (const [field, maximum] of [
    ["temperature", 2],
    ["top_p", 1],
  ] as const) {
    const value = body[field] ?? null;
    if (value === null) continue;
    if (model.reasoning !== "never") return unsupportedField(field);
    if (typeof value !== "number") return wrongType(field, "a decimal", value);
    if (value >= 0 && value <= maximum) continue;
    const side = value < 0 ? "below minimum" : "above maximum";
    const bound = value < 0 ? ">= 0" : `<= ${maximum}`;
    return invalid(
      `Invalid '${field}': decimal ${side} value. Expected a value ${bound}, but got ${value} instead.`,
      field,
      `decimal_${value < 0 ? "below_min" : "above_max"}_value`,
    );
  }
  return null;
}

/** Unlike Chat Completions it takes function tools beside any effort. */
function checkReasoning(body: JsonObject, model: SimulatedModel): ProviderError | null {
  const asked = body["reasoning"] ?? null;
  if (asked === null) return null;
  if (!isJsonObject(asked)) return wrongType("reasoning", "an object", asked);
  const foreign = checkShape(
    asked,
    { strings: [], others: ["context", "effort", "generate_summary", "mode", "summary"] },
    "reasoning",
  );
  if (foreign !== null) return foreign;
  const { effort = null, summary = null } = asked;
  if (model.reasoning === "never") {
    if (effort !== null) return unsupportedField("reasoning.effort");
    return summary === null ? null : unsupportedField("reasoning.summary");
  }
  const efforts = responsesEffortsOf(model.name);
  if (effort !== null && !efforts.includes(textOrJson(effort))) {
    return unsupportedValue("reasoning.effort", effort, model.name, efforts);
  }
  const summaries = ["concise", "detailed", "auto"];
  return summary === null || summaries.includes(textOrJson(summary))
    ? null
    : wrongValue("reasoning.summary", summary, summaries);
}

function checkInclude(body: JsonObject, model: SimulatedModel): ProviderError | null {
  for (const [index, name] of toJsonArray(body["include"]).entries()) {
    if (!includable.includes(textOrJson(name))) return wrongValue(`include[${index}]`, name, includable);
    if (name === "reasoning.encrypted_content" && model.reasoning === "never") {
      return invalid("Encrypted content is not supported with this model.", "include");
    }
  }
  return null;
}
