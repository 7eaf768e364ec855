/** An openai-chat request as a prompt. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { SimulatedModel } from "../profile.ts";
import { withoutReminders } from "../answers/prompt.ts";
import type { Prompt, PromptSegment, PromptToolChoice, PromptTurn } from "../answers/prompt.ts";
import { imageCharacters } from "../answers/tokens.ts";
import type { OpenAiFlavour } from "./flavour.ts";
import { textOrJson } from "../text-or-json.ts";

/** Reads tolerantly: checks are check-request.ts's. */
export function readOpenAiPrompt(body: JsonObject, model: SimulatedModel, flavour: OpenAiFlavour): Prompt {
  const messages = toJsonArray(body["messages"]).map(toJsonObject);
  const tools = toJsonArray(body["tools"]).map((tool) => toJsonObject(toJsonObject(tool)["function"]));
  const limit = body["max_completion_tokens"] ?? body["max_tokens"];
  return {
    model: textOrJson(body["model"]),
    isStream: body["stream"] === true,
    turns: messages.map(readTurn),
    segments: [...tools.map(toolSegment), ...messages.map(messageSegment)],
    tools: tools.map((tool) => ({ name: textOrJson(tool["name"]), schema: toJsonObject(tool["parameters"]) })),
    toolChoice: readToolChoice(body["tool_choice"]),
    hasParallelCalls: body["parallel_tool_calls"] !== false,
    maxOutputTokens: typeof limit === "number" ? limit : null,
    stopSequences: [body["stop"] ?? []].flat().filter((stop) => typeof stop === "string"),
    isThinking: model.reasoning !== "never" && flavour.isThinking(body, model),
    outputSchema: readOutputSchema(toJsonObject(body["response_format"])),
  };
}

function readToolChoice(choice: JsonValue | undefined): PromptToolChoice {
  if (choice === "required") return { kind: "any" };
  if (choice === "none") return { kind: "none" };
  if (!isJsonObject(choice)) return { kind: "auto" };
  return { kind: "named", name: textOrJson(toJsonObject(choice["function"])["name"]) };
}

function readOutputSchema(format: JsonObject): JsonObject | null {
  if (format["type"] === "json_object") return {};
  if (format["type"] !== "json_schema") return null;
  return toJsonObject(toJsonObject(format["json_schema"])["schema"]);
}

function readTurn(message: JsonObject): PromptTurn {
  const role = message["role"];
  const text = textOf(message["content"]);
  return {
    role: role === "assistant" ? "assistant" : role === "system" || role === "developer" ? "system" : "user",
    text: role === "tool" ? "" : withoutReminders(text).trim(),
    toolCallCount: toJsonArray(message["tool_calls"]).length,
    toolResults: role === "tool" ? [text] : [],
  };
}

/** The texts of a content: itself, or those of its parts. */
export function textOf(content: JsonValue | undefined): string {
  if (typeof content === "string") return content;
  return toJsonArray(content)
    .map((part) => toJsonObject(part)["text"])
    .filter((text) => typeof text === "string")
    .join("\n");
}

function toolSegment(tool: JsonObject): PromptSegment {
  return { text: JSON.stringify(tool), cacheTtl: null };
}

function messageSegment(message: JsonObject): PromptSegment {
  const media = toJsonArray(message["content"]).filter((part) => toJsonObject(part)["type"] === "image_url").length;
  const calls = message["tool_calls"] === undefined ? "" : JSON.stringify(message["tool_calls"]);
  const text = `${textOrJson(message["role"])}: ${textOf(message["content"])}${calls}`;
  return { text: media === 0 ? text : text + "=".repeat(imageCharacters * media), cacheTtl: null };
}
