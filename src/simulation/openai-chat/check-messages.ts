/** What servers of the openai-chat dialect refuse in `messages`: foreign fields, empty messages, calls without answers. */
import { toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { SimulatedModel } from "../profile.ts";
import type { ProviderError } from "../provider-error.ts";
import type { OpenAiFlavour } from "./flavour.ts";
import { invalid } from "./invalid-request.ts";
import { textOrJson } from "../text-or-json.ts";

const fieldsOfRole: Readonly<Record<string, readonly string[]>> = {
  system: ["role", "content", "name"],
  developer: ["role", "content", "name"],
  user: ["role", "content", "name"],
  assistant: ["role", "content", "name", "refusal", "tool_calls"],
  tool: ["role", "content", "tool_call_id", "name"],
};

const fieldsOfPart: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text"],
  image_url: ["type", "image_url"],
  input_audio: ["type", "input_audio"],
  file: ["type", "file"],
  refusal: ["type", "refusal"],
};

/** The first thing wrong with the messages, or null. */
export function checkOpenAiMessages(
  body: JsonObject,
  model: SimulatedModel,
  flavour: OpenAiFlavour,
): ProviderError | null {
  const messages = toJsonArray(body["messages"]).map(toJsonObject);
  if (messages.length === 0) {
    return invalid(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      "messages",
      "empty_array",
    );
  }
  for (const [index, message] of messages.entries()) {
    const refusal = checkMessage(message, index, model, flavour);
    if (refusal !== null) return refusal;
  }
  return checkCalls(messages) ?? checkThoughts(body, messages, model, flavour);
}

function checkMessage(
  message: JsonObject,
  index: number,
  model: SimulatedModel,
  flavour: OpenAiFlavour,
): ProviderError | null {
  const role = textOrJson(message["role"]);
  const known = fieldsOfRole[role];
  const where = `messages[${index}]`;
  if (known === undefined || (role === "developer" && !flavour.hasDeveloperRole)) {
    return invalid(
      `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', and 'tool'.`,
      `${where}.role`,
      "invalid_value",
    );
  }
  for (const field of Object.keys(message)) {
    const isExtra = role === "assistant" && flavour.assistantFields.includes(field);
    if (!known.includes(field) && !isExtra) return flavour.unknownField(`${where}.${field}`);
  }
  return (
    checkContent(message["content"], role, where, model, flavour) ??
    (role === "assistant" ? checkAssistant(message, where, flavour) : null)
  );
}

function checkContent(
  content: JsonValue | undefined,
  role: string,
  where: string,
  model: SimulatedModel,
  flavour: OpenAiFlavour,
): ProviderError | null {
  if (content === null || content === undefined) {
    if (role === "assistant") return null;
    return invalid(`Invalid value for 'content': expected a string, got null.`, `${where}.content`);
  }
  if (typeof content === "string") return null;
  if (!Array.isArray(content)) {
    return invalid(
      `Invalid type for '${where}.content': expected one of a string or array of objects.`,
      `${where}.content`,
      "invalid_type",
    );
  }
  if (content.length === 0) {
    return invalid(
      `Invalid '${where}.content': empty array. Expected an array with minimum length 1.`,
      `${where}.content`,
      "empty_array",
    );
  }
  for (const [at, value] of content.entries()) {
    const part = toJsonObject(value);
    const type = textOrJson(part["type"]);
    const isMedia = type === "image_url" || type === "input_audio" || type === "file";
    if (fieldsOfPart[type] === undefined || (isMedia && (role !== "user" || !model.hasImages))) {
      return invalid(
        `Invalid value: '${type}'. Supported values are: 'text'.`,
        `${where}.content[${at}].type`,
        "invalid_value",
      );
    }
    const foreign = Object.keys(part).find((field) => !fieldsOfPart[type]?.includes(field));
    if (foreign !== undefined) return flavour.unknownField(`${where}.content[${at}].${foreign}`);
  }
  return null;
}

function checkAssistant(message: JsonObject, where: string, flavour: OpenAiFlavour): ProviderError | null {
  const calls = message["tool_calls"];
  if (calls === undefined || calls === null) {
    const isEmpty = message["content"] === null || message["content"] === undefined || message["content"] === "";
    if (!isEmpty || typeof message["refusal"] === "string") return null;
    return invalid("Invalid value for 'content': expected a string, got null.", `${where}.content`);
  }
  if (toJsonArray(calls).length === 0) {
    return invalid(
      `Invalid '${where}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      `${where}.tool_calls`,
      "empty_array",
    );
  }
  for (const [at, value] of toJsonArray(calls).entries()) {
    const call = toJsonObject(value);
    const foreign = Object.keys(call).find((field) => field !== "id" && field !== "type" && field !== "function");
    if (foreign !== undefined) return flavour.unknownField(`${where}.tool_calls[${at}].${foreign}`);
    const made = toJsonObject(call["function"]);
    if (typeof call["id"] !== "string" || call["type"] !== "function" || typeof made["arguments"] !== "string") {
      return invalid(
        `Missing required parameter: '${where}.tool_calls[${at}]'.`,
        `${where}.tool_calls[${at}]`,
        "missing_required_parameter",
      );
    }
  }
  return null;
}

function checkCalls(messages: readonly JsonObject[]): ProviderError | null {
  let open: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message["role"] === "tool") {
      const id = textOrJson(message["tool_call_id"]);
      if (!open.includes(id)) {
        return invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`,
        );
      }
      open = open.filter((other) => other !== id);
      continue;
    }
    if (open.length > 0) return unanswered(open, index);
    open = toJsonArray(message["tool_calls"]).map((call) => textOrJson(toJsonObject(call)["id"]));
  }
  return open.length > 0 ? unanswered(open, messages.length) : null;
}

function unanswered(ids: readonly string[], index: number): ProviderError {
  return invalid(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(", ")}`,
    `messages.[${index}].role`,
  );
}

/** DeepSeek: https://api-docs.deepseek.com/guides/thinking_mode (tool calls). */
function checkThoughts(
  body: JsonObject,
  messages: readonly JsonObject[],
  model: SimulatedModel,
  flavour: OpenAiFlavour,
): ProviderError | null {
  const field = flavour.thoughtField;
  if (!flavour.isThoughtRequired || field === null || !flavour.isThinking(body, model)) return null;
  // Without any tool call reasoning may be left out; with one it is wanted of every answer.
  const holdsCalls = messages.some((message) => message["tool_calls"] !== undefined);
  const forgets = messages.some((message) => message["role"] === "assistant" && typeof message[field] !== "string");
  if (!holdsCalls || !forgets) return null;
  return invalid(
    `The \`${field}\` in the thinking mode must be passed back to the API.`,
    null,
    "invalid_request_error",
  );
}
