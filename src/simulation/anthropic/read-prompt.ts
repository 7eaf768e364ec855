/** An anthropic-messages request as a prompt. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { SimulatedModel } from "../profile.ts";
import { withoutReminders } from "../answers/prompt.ts";
import type { Prompt, PromptSegment, PromptToolChoice, PromptTurn } from "../answers/prompt.ts";
import { textOrJson } from "../text-or-json.ts";
import { imageCharacters } from "../answers/tokens.ts";

/** Reads tolerantly: checks are check-request.ts's. */
export function readAnthropicPrompt(body: JsonObject, model: SimulatedModel): Prompt {
  const tools = toJsonArray(body["tools"]).map(toJsonObject);
  const choice = toJsonObject(body["tool_choice"]);
  return {
    model: textOrJson(body["model"]),
    isStream: body["stream"] === true,
    turns: toJsonArray(body["messages"]).map((message) => readTurn(toJsonObject(message))),
    segments: readSegments(body, tools),
    tools: findLoadedTools(body, tools)
      .filter((tool) => typeof tool["name"] === "string")
      .map((tool) => ({ name: textOrJson(tool["name"]), schema: toJsonObject(tool["input_schema"]) })),
    toolChoice: readToolChoice(choice),
    hasParallelCalls: choice["disable_parallel_tool_use"] !== true,
    maxOutputTokens: typeof body["max_tokens"] === "number" ? body["max_tokens"] : null,
    stopSequences: toJsonArray(body["stop_sequences"]).filter((stop) => typeof stop === "string"),
    isThinking: isThinking(body, model),
    outputSchema: readOutputSchema(body),
  };
}

/** The tools that the model sees: a deferred one once a result of the client's tool search names it. */
function findLoadedTools(body: JsonObject, tools: readonly JsonObject[]): JsonObject[] {
  const found = new Set(
    toJsonArray(body["messages"])
      .flatMap((message) => toBlocks(toJsonObject(message)["content"]))
      .filter((block) => block["type"] === "tool_result")
      .flatMap((result) => toBlocks(result["content"]))
      .filter((block) => block["type"] === "tool_reference")
      .map((reference) => reference["tool_name"]),
  );
  return tools.filter((tool) => tool["defer_loading"] !== true || found.has(tool["name"]));
}

function isThinking(body: JsonObject, model: SimulatedModel): boolean {
  const type = toJsonObject(body["thinking"])["type"];
  return model.reasoning !== "never" && (type === "enabled" || type === "adaptive");
}

function readToolChoice(choice: JsonObject): PromptToolChoice {
  if (choice["type"] === "tool") return { kind: "named", name: textOrJson(choice["name"]) };
  if (choice["type"] === "any" || choice["type"] === "none") return { kind: choice["type"] };
  return { kind: "auto" };
}

function readOutputSchema(body: JsonObject): JsonObject | null {
  const format = toJsonObject(toJsonObject(body["output_config"])["format"] ?? body["output_format"]);
  return format["type"] === "json_schema" ? toJsonObject(format["schema"]) : null;
}

function readTurn(message: JsonObject): PromptTurn {
  const blocks = toBlocks(message["content"]);
  const texts = blocks.filter((block) => block["type"] === "text").map((block) => textOrJson(block["text"]));
  return {
    role: message["role"] === "assistant" || message["role"] === "system" ? message["role"] : "user",
    text: withoutReminders(texts.join("\n")).trim(),
    toolCallCount: blocks.filter((block) => block["type"] === "tool_use").length,
    toolResults: blocks.filter((block) => block["type"] === "tool_result").map((block) => textOf(block["content"])),
  };
}

/** A content field as blocks: a text alone is one block. */
export function toBlocks(content: JsonValue | undefined): JsonObject[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return toJsonArray(content).filter(isJsonObject);
}

function textOf(content: JsonValue | undefined): string {
  return toBlocks(content)
    .map((block) => textOrJson(block["text"] ?? `[${textOrJson(block["type"])}]`))
    .join("\n");
}

/** The cache's order: tools, system, messages. A text alone and the same text as a block are the same segment. */
function readSegments(body: JsonObject, tools: readonly JsonObject[]): PromptSegment[] {
  const segments = tools.map((tool) => toSegment(tool, JSON.stringify({ ...tool, cache_control: undefined })));
  for (const block of toBlocks(body["system"])) segments.push(toSegment(block, textSegment("system", block)));
  for (const message of toJsonArray(body["messages"]).map(toJsonObject)) {
    const role = textOrJson(message["role"]);
    for (const block of toBlocks(message["content"])) segments.push(toSegment(block, textSegment(role, block)));
  }
  return segments;
}

function textSegment(role: string, block: JsonObject): string {
  if (block["type"] === "text") return `${role}: ${textOrJson(block["text"])}`;
  if (block["type"] === "image" || block["type"] === "document") return `${role}: ${mediaText(block)}`;
  return `${role}: ${JSON.stringify({ ...block, cache_control: undefined })}`;
}

/** Of documents the data's length counts, up to a bound. */
function mediaText(block: JsonObject): string {
  const source = toJsonObject(block["source"]);
  const data = textOrJson(source["data"] ?? source["url"]);
  return block["type"] === "image"
    ? data.slice(0, imageCharacters).padEnd(imageCharacters, "=")
    : data.slice(0, 50_000);
}

function toSegment(block: JsonObject, text: string): PromptSegment {
  const control = block["cache_control"];
  if (!isJsonObject(control)) return { text, cacheTtl: null };
  return { text, cacheTtl: control["ttl"] === "1h" ? "1h" : "5m" };
}
