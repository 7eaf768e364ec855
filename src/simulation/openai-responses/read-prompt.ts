/** A request to the Responses API as a prompt. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { SimulatedModel } from "../profile.ts";
import { textOf } from "../openai-chat/read-prompt.ts";
import { withoutReminders } from "../answers/prompt.ts";
import type { Prompt, PromptSegment, PromptToolChoice, PromptTurn } from "../answers/prompt.ts";
import { imageCharacters } from "../answers/tokens.ts";
import { textOrJson } from "../text-or-json.ts";
import { isModelItem, typeOf } from "./item-type.ts";

/** Reads tolerantly: checks are check-request.ts's. */
export function readResponsesPrompt(body: JsonObject, model: SimulatedModel): Prompt {
  const { input, instructions, max_output_tokens: limit } = body;
  const given = typeof input === "string" ? [{ role: "user", content: input }] : toJsonArray(input).map(toJsonObject);
  const items = typeof instructions === "string" ? [{ role: "system", content: instructions }, ...given] : given;
  const tools = toJsonArray(body["tools"]).map(toJsonObject);
  return {
    model: textOrJson(body["model"]),
    isStream: body["stream"] === true,
    turns: readTurns(items),
    segments: [...tools.map((tool) => ({ text: JSON.stringify(tool), cacheTtl: null })), ...items.map(itemSegment)],
    tools: allowTools(tools, toJsonObject(body["tool_choice"])).map((tool) => ({
      name: textOrJson(tool["name"]),
      schema: toJsonObject(tool["parameters"]),
    })),
    toolChoice: readToolChoice(body["tool_choice"]),
    hasParallelCalls: body["parallel_tool_calls"] !== false,
    maxOutputTokens: typeof limit === "number" ? limit : null,
    stopSequences: [],
    isThinking: model.reasoning !== "never" && toJsonObject(body["reasoning"])["effort"] !== "none",
    outputSchema: readOutputSchema(toJsonObject(toJsonObject(body["text"])["format"])),
  };
}

function allowTools(tools: readonly JsonObject[], choice: JsonObject): readonly JsonObject[] {
  if (choice["type"] !== "allowed_tools") return tools;
  const names = new Set(toJsonArray(choice["tools"]).map((tool) => toJsonObject(tool)["name"]));
  return tools.filter((tool) => names.has(tool["name"]));
}

function readToolChoice(choice: JsonValue | undefined): PromptToolChoice {
  const mode = isJsonObject(choice) ? choice["mode"] : choice;
  if (mode === "required") return { kind: "any" };
  if (mode === "none") return { kind: "none" };
  if (!isJsonObject(choice) || choice["type"] !== "function") return { kind: "auto" };
  return { kind: "named", name: textOrJson(choice["name"]) };
}

function readOutputSchema(format: JsonObject): JsonObject | null {
  if (format["type"] === "json_object") return {};
  return format["type"] === "json_schema" ? toJsonObject(format["schema"]) : null;
}

/** What the model said in one go is one turn, however many items it has. */
function readTurns(items: readonly JsonObject[]): PromptTurn[] {
  const turns: PromptTurn[] = [];
  for (const item of items) {
    const turn = readTurn(item);
    const last = turns.at(-1);
    if (last?.role !== "assistant" || turn.role !== "assistant") turns.push(turn);
    else {
      const toolCallCount = last.toolCallCount + turn.toolCallCount;
      turns[turns.length - 1] = { ...last, text: last.text + turn.text, toolCallCount };
    }
  }
  return turns;
}

function readTurn(item: JsonObject): PromptTurn {
  const { role, content, output } = item;
  const isOutput = typeOf(item) === "function_call_output";
  return {
    role: isModelItem(item) ? "assistant" : role === "system" || role === "developer" ? "system" : "user",
    text: typeOf(item) === "message" ? withoutReminders(textOf(content)).trim() : "",
    toolCallCount: typeOf(item) === "function_call" ? 1 : 0,
    toolResults: isOutput ? [textOf(output)] : [],
  };
}

function itemSegment(item: JsonObject): PromptSegment {
  const content = item["content"] ?? item["output"];
  const media = toJsonArray(content).filter((part) => toJsonObject(part)["type"] === "input_image").length;
  const isMessage = typeOf(item) === "message";
  const said = content === undefined ? JSON.stringify(item) : textOf(content);
  const text = `${isMessage ? textOrJson(item["role"]) : typeOf(item)}: ${said}`;
  return { text: media === 0 ? text : text + "=".repeat(imageCharacters * media), cacheTtl: null };
}
