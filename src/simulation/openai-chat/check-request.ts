/**
 * What servers of the openai-chat dialect refuse in a request.
 *
 * Fields: https://platform.openai.com/docs/api-reference/chat/create. Most words are OpenAI's; where another provider
 * has its own, its flavour brings them.
 */
import { toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { SimulatedModel } from "../profile.ts";
import type { ProviderError } from "../provider-error.ts";
import { checkOpenAiMessages } from "./check-messages.ts";
import { checkFunctionSchema } from "./check-schema.ts";
import type { OpenAiFlavour } from "./flavour.ts";
import { invalid } from "./invalid-request.ts";
import { textOrJson } from "../text-or-json.ts";

const commonFields = new Set([
  "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop",
  "tools", "tool_choice", "response_format", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs",
]); // prettier-ignore

/** The first thing wrong with the request, or null. */
export function checkOpenAiRequest(
  body: JsonObject,
  model: SimulatedModel,
  flavour: OpenAiFlavour,
): ProviderError | null {
  return (
    checkFields(body, flavour) ??
    flavour.checkModelFields(body, model) ??
    checkLimits(body, model, flavour) ??
    checkTools(body) ??
    checkOpenAiMessages(body, model, flavour)
  );
}

function checkFields(body: JsonObject, flavour: OpenAiFlavour): ProviderError | null {
  for (const field of Object.keys(body)) {
    if (!commonFields.has(field) && !flavour.extraFields.includes(field)) return flavour.unknownField(field);
  }
  if (body["messages"] === undefined)
    return invalid("Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
  const options = body["stream_options"];
  if (options !== undefined && options !== null && body["stream"] !== true) {
    return invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  }
  if (body["metadata"] !== undefined && body["store"] !== true) {
    return invalid("The 'metadata' parameter is only allowed when 'store' is enabled.", "metadata");
  }
  return null;
}

function checkLimits(body: JsonObject, model: SimulatedModel, flavour: OpenAiFlavour): ProviderError | null {
  for (const field of ["max_tokens", "max_completion_tokens"]) {
    const asked = body[field];
    if (asked === undefined || asked === null) continue;
    if (typeof asked !== "number" || !Number.isInteger(asked)) {
      return invalid(
        `Invalid type for '${field}': expected an integer, but got something else instead.`,
        field,
        "invalid_type",
      );
    }
    if (asked < 1 || asked > model.maxOutputTokens) return flavour.tooManyOutputTokens(field, asked, model);
  }
  const stops = toJsonArray(body["stop"]);
  if (stops.length > 4) {
    return invalid(
      `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${stops.length} instead.`,
      "stop",
      "array_above_max_length",
    );
  }
  const temperature = body["temperature"];
  if (typeof temperature === "number" && (temperature < 0 || temperature > 2)) {
    return invalid(
      "Invalid 'temperature': expected a value between 0 and 2.",
      "temperature",
      "decimal_above_max_value",
    );
  }
  return null;
}

function checkTools(body: JsonObject): ProviderError | null {
  if (body["tools"] === undefined || body["tools"] === null) {
    for (const field of ["tool_choice", "parallel_tool_calls"]) {
      if (body[field] === undefined || body[field] === null || body[field] === "none") continue;
      return invalid(`Invalid value for '${field}': '${field}' is only allowed when 'tools' are specified.`, field);
    }
    return null;
  }
  const tools = toJsonArray(body["tools"]);
  if (tools.length === 0) {
    return invalid(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      "tools",
      "empty_array",
    );
  }
  if (tools.length > 128) {
    return invalid(
      `Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length ${tools.length} instead.`,
      "tools",
      "array_above_max_length",
    );
  }
  for (const [index, tool] of tools.entries()) {
    const refusal = checkTool(toJsonObject(tool), index);
    if (refusal !== null) return refusal;
  }
  return null;
}

const toolFields = new Set(["name", "description", "parameters", "strict"]);

function checkTool(tool: JsonObject, index: number): ProviderError | null {
  if (tool["type"] !== "function") {
    return invalid(
      `Invalid value: '${textOrJson(tool["type"])}'. Supported values are: 'function' and 'custom'.`,
      `tools[${index}].type`,
      "invalid_value",
    );
  }
  const declared = toJsonObject(tool["function"]);
  const foreign =
    Object.keys(tool).find((field) => field !== "type" && field !== "function") ??
    Object.keys(declared).find((field) => !toolFields.has(field));
  if (foreign !== undefined) {
    return invalid(
      `Unknown parameter: 'tools[${index}].${foreign}'.`,
      `tools[${index}].${foreign}`,
      "unknown_parameter",
    );
  }
  const name = textOrJson(declared["name"]);
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    return invalid(
      `Invalid 'tools[${index}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `tools[${index}].function.name`,
      "invalid_value",
    );
  }
  const isStrict = declared["strict"] === true;
  return checkFunctionSchema(declared["parameters"], name, isStrict, `tools[${index}].function.parameters`);
}
