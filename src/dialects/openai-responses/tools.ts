/** Tools of a Chat Completions request as the Responses API takes them: without the object around each. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

/** `tools`. Responses takes a function for strict where nothing is said, Chat Completions does not. */
export function toResponsesTools(tools: JsonValue | undefined): JsonObject[] {
  return toJsonArray(tools)
    .filter(isJsonObject)
    .map((tool) => {
      if (tool["type"] === "custom") return toCustomTool(toJsonObject(tool["custom"]));
      const { name, description, parameters, strict } = toJsonObject(tool["function"]);
      return {
        type: "function",
        name: name ?? "",
        ...(description !== undefined && { description }),
        parameters: parameters ?? { type: "object", properties: {} },
        strict: strict ?? false,
      };
    });
}

function toCustomTool({ format, ...tool }: JsonObject): JsonObject {
  if (!isJsonObject(format)) return { type: "custom", ...tool };
  const { type, grammar } = format;
  return { type: "custom", ...tool, format: { type: type ?? "text", ...toJsonObject(grammar) } };
}

/** `tool_choice`: a word, or which tools. */
export function toResponsesToolChoice(choice: JsonValue): JsonValue {
  if (!isJsonObject(choice)) return choice;
  const type = choice["type"] ?? "function";
  if (type !== "allowed_tools") return { type, ...nameOf(choice) };
  const { mode, tools } = toJsonObject(choice["allowed_tools"]);
  const allowed = toJsonArray(tools)
    .filter(isJsonObject)
    .map((tool) => ({ type: tool["type"] ?? "function", ...nameOf(tool) }));
  return { type, mode: mode ?? "auto", tools: allowed };
}

function nameOf(tool: JsonObject): JsonObject {
  const { name } = toJsonObject(tool["function"] ?? tool["custom"]);
  return name === undefined ? {} : { name };
}
