/** What OpenAI refuses in the tools of a Responses request: Chat Completions' form above all. Only functions are known. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { checkFunctionSchema } from "../openai-chat/check-schema.ts";
import { invalid } from "../openai-chat/invalid-request.ts";
import type { ProviderError } from "../provider-error.ts";
import { textOrJson } from "../text-or-json.ts";
import { checkShape, missingField, wrongValue } from "./refusals.ts";
import type { Shape } from "./refusals.ts";

const functionShape: Shape = {
  strings: ["type", "name"],
  others: ["allowed_callers", "async", "defer_loading", "description", "output_schema", "parameters", "strict"],
};

/** The first thing wrong with the tools and the choice among them, or null. */
export function checkTools(body: JsonObject): ProviderError | null {
  const tools = toJsonArray(body["tools"]).map(toJsonObject);
  for (const [index, tool] of tools.entries()) {
    const refusal = checkTool(tool, `tools[${index}]`);
    if (refusal !== null) return refusal;
  }
  return checkChoice(body, new Set(tools.map((tool) => textOrJson(tool["name"]))));
}

function checkTool(tool: JsonObject, where: string): ProviderError | null {
  const { type, name, parameters, strict } = tool;
  if (type === undefined) return missingField(`${where}.type`);
  if (type !== "function") return wrongValue(`${where}.type`, type, ["function"]);
  const refusal = checkShape(tool, functionShape, where);
  if (refusal !== null) return refusal;
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(textOrJson(name))) {
    return invalid(
      `Invalid '${where}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${where}.name`,
      "invalid_value",
    );
  }
  // Functions are strict unless told otherwise.
  return checkFunctionSchema(parameters ?? undefined, textOrJson(name), strict !== false, `${where}.parameters`);
}

function checkChoice(body: JsonObject, names: ReadonlySet<string>): ProviderError | null {
  const choice = body["tool_choice"] ?? null;
  if (choice === null) return null;
  if (!isJsonObject(choice)) {
    const supported = ["none", "auto", "required"];
    if (!supported.includes(textOrJson(choice))) return wrongValue("tool_choice", choice, supported);
    if (choice !== "required" || names.size > 0) return null;
    return invalid("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice");
  }
  const { type, name } = choice;
  if (type === "allowed_tools") {
    return checkShape(choice, { strings: ["type", "mode"], others: ["tools"] }, "tool_choice");
  }
  if (type !== "function") return wrongValue("tool_choice.type", type, ["function", "allowed_tools"]);
  const refusal = checkShape(choice, { strings: ["type", "name"], others: [] }, "tool_choice");
  if (refusal !== null || names.has(textOrJson(name))) return refusal;
  return invalid("Tool choice 'function' not found in 'tools' parameter.", "tool_choice");
}
