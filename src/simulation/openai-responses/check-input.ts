/** What OpenAI refuses in `input`, item by item; what the items owe each other is check-conversation.ts's. */
import { toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { invalid } from "../openai-chat/invalid-request.ts";
import type { ProviderError } from "../provider-error.ts";
import { textOrJson } from "../text-or-json.ts";
import { checkConversation } from "./check-conversation.ts";
import { typeOf } from "./item-type.ts";
import { checkShape, missingField, wrongType, wrongValue } from "./refusals.ts";
import type { Shape } from "./refusals.ts";

const shapeOfItem: Readonly<Record<string, Shape>> = {
  message: { strings: ["role"], others: ["type", "content", "id", "phase", "status"] },
  function_call: {
    strings: ["type", "call_id", "name", "arguments"],
    others: ["async", "caller", "id", "namespace", "status"],
  },
  function_call_output: {
    strings: ["type", "call_id"],
    others: ["caller", "id", "name", "namespace", "output", "status"],
  },
  reasoning: { strings: ["type"], others: ["content", "encrypted_content", "id", "status", "summary"] },
};

const shapeOfPart: Readonly<Record<string, Shape>> = {
  input_text: { strings: ["type", "text"], others: ["prompt_cache_breakpoint"] },
  input_image: { strings: ["type"], others: ["detail", "file_id", "image_url", "prompt_cache_breakpoint"] },
  input_file: {
    strings: ["type"],
    others: ["detail", "file_data", "file_id", "file_url", "filename", "prompt_cache_breakpoint"],
  },
  output_text: { strings: ["type", "text"], others: ["annotations", "logprobs"] },
  refusal: { strings: ["type", "refusal"], others: [] },
};

const inputParts = ["input_text", "input_image", "input_file"];
const outputParts = ["output_text", "refusal"];

/** Starts of the ids of items that the model made. */
const idStarts: Readonly<Record<string, string>> = { message: "msg", function_call: "fc", reasoning: "rs" };

/** The first thing wrong with the input, or null. */
export function checkInput(body: JsonObject): ProviderError | null {
  const { input = null } = body;
  if (typeof input === "string") return null;
  if (input === null || (Array.isArray(input) && input.length === 0)) {
    return invalid(
      "One of 'input' or 'previous_response_id' or 'prompt' or 'conversation_id' must be provided.",
      "input",
      "missing_required_parameter",
    );
  }
  if (!Array.isArray(input)) return wrongType("input", "one of a string or array of input items", input);
  const items = input.map(toJsonObject);
  for (const [index, item] of items.entries()) {
    const refusal = checkItem(item, `input[${index}]`);
    if (refusal !== null) return refusal;
  }
  return checkConversation(items, body["store"] !== false);
}

function checkItem(item: JsonObject, where: string): ProviderError | null {
  const type = typeOf(item);
  const shape = shapeOfItem[type];
  if (shape === undefined) return wrongValue(where, type, Object.keys(shapeOfItem));
  return checkShape(item, shape, where) ?? checkIds(item, type, where) ?? checkContent(item, type, where);
}

function checkIds(item: JsonObject, type: string, where: string): ProviderError | null {
  const { id = null, call_id: callId = "" } = item;
  const start = idStarts[type] ?? "";
  if (id !== null && !textOrJson(id).startsWith(start)) {
    return invalid(
      `Invalid '${where}.id': '${textOrJson(id)}'. Expected an ID that begins with '${start}'.`,
      `${where}.id`,
      "invalid_value",
    );
  }
  const { length } = textOrJson(callId);
  if (length <= 64) return null;
  return invalid(
    `Invalid '${where}.call_id': string too long. Expected a string with maximum length 64, but got a string with length ${length} instead.`,
    `${where}.call_id`,
    "string_above_max_length",
  );
}

function checkContent(item: JsonObject, type: string, where: string): ProviderError | null {
  const { role, content, output, summary } = item;
  if (type === "function_call_output") return checkParts(output, inputParts, `${where}.output`);
  if (type === "reasoning") {
    if (summary === undefined) return missingField(`${where}.summary`);
    return Array.isArray(summary) ? null : wrongType(`${where}.summary`, "an array of objects", summary);
  }
  if (type !== "message") return null;
  const roles = ["assistant", "system", "developer", "user"];
  if (!roles.includes(textOrJson(role))) return wrongValue(`${where}.role`, role, roles);
  return checkParts(content, role === "assistant" ? outputParts : inputParts, `${where}.content`);
}

function checkParts(content: JsonValue | undefined, supported: readonly string[], where: string): ProviderError | null {
  if (content === undefined) return missingField(where);
  if (typeof content === "string") return null;
  if (!Array.isArray(content)) return wrongType(where, "one of an array of objects or string", content);
  for (const [index, value] of content.entries()) {
    const part = toJsonObject(value);
    const type = textOrJson(part["type"]);
    const shape = shapeOfPart[type];
    const at = `${where}[${index}]`;
    if (shape === undefined || !supported.includes(type)) return wrongValue(`${at}.type`, type, supported);
    const refusal = checkShape(part, shape, at) ?? (type === "input_image" ? checkImage(part, at) : null);
    if (refusal !== null) return refusal;
  }
  return null;
}

function checkImage(part: JsonObject, where: string): ProviderError | null {
  const { image_url: url = null, file_id: fileId = null } = part;
  if (url === null) return fileId === null ? missingField(`${where}.image_url`) : null;
  if (typeof url !== "string") return wrongType(`${where}.image_url`, "an image URL", url);
  if (/^(https?:\/\/|data:image\/)/.test(url)) return null;
  return invalid(
    `Invalid '${where}.image_url'. Expected a valid URL, but got a value with an invalid format.`,
    `${where}.image_url`,
    "invalid_value",
  );
}
