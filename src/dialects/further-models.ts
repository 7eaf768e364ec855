/**
 * The models that a request names besides its own: those of server tools, of lists to fall back on, of plugins.
 *
 * Providers invent such fields all the time, so they are known by how they are named (`model`, `models`, `…_model`,
 * `fallbacks`), wherever they stand. What is text, a schema or a client's own is not looked at: it names no model.
 *
 * Sources: Anthropic's advisor tool (https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool) and
 * `fallbacks` (…/build-with-claude/refusals-and-fallback); OpenRouter's `models`, `fallbacks`, plugins and server tools
 * (https://openrouter.ai/docs/guides/routing/model-fallbacks, …/features/plugins/fusion, …/features/server-tools/advisor,
 * …/features/presets); Groq's `compound_custom`.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../core/json/json.ts";
import type { JsonObject, JsonValue } from "../core/json/json.ts";

/** Fields of a request that hold texts, schemas, or what its client makes up. */
export const modellessFields: ReadonlySet<string> = new Set([
  "model", "messages", "system", "metadata", "tags", "functions", "response_format", "output_config", "output_format", "prediction",
]); // prettier-ignore

/** Tools that the client runs itself, whose parameters may well be named `model`. */
const clientTools: ReadonlySet<JsonValue | undefined> = new Set([undefined, null, "custom", "function"]);

/** What `fallbacks: "default"` leaves to Anthropic: a key must allow whatever model of Claude it takes. */
const anyClaude = "claude-*";

/** What is left to OpenRouter's choice: a key must allow the model that stands for that there. */
const anyModel = "openrouter/auto";

/** OpenRouter's tools that have other models called, any of them where the request names none. */
const consultingTools: ReadonlySet<JsonValue | undefined> = new Set(
  ["advisor", "fusion", "image_generation", "subagent"].map((tool) => `openrouter:${tool}`),
);

/** Every name in `fields` of a request, which are none of `modellessFields`. */
export function furtherModelsIn(fields: JsonObject): readonly string[] {
  return Object.entries(fields).flatMap(([key, value]) => namesAt(key, value));
}

/** The names in tools that join a conversation on its way, by `tool_addition` blocks. */
export function furtherModelsInMessages(messages: JsonValue | undefined): readonly string[] {
  return toJsonArray(messages).flatMap((message) => (isJsonObject(message) ? namesInChanges(message["content"]) : []));
}

function namesInChanges(content: JsonValue | undefined): readonly string[] {
  return toJsonArray(content)
    .filter(isJsonObject)
    .flatMap((block) =>
      block["type"] === "tool_addition" ? namesInTools([definitionOf(block)]) : namesInChanges(block["tool_changes"]),
    );
}

function definitionOf({ tool }: JsonObject): JsonValue | undefined {
  return isJsonObject(tool) ? tool["definition"] : undefined;
}

/** Some servers (those in Go) read keys in whatever case. */
function namesAt(givenKey: string, value: JsonValue | undefined): readonly string[] {
  const key = givenKey.toLowerCase();
  if (key === "tools") return namesInTools(toJsonArray(value));
  if (key === "fallbacks" && value === "default") return [anyClaude];
  if (key === "preset" && typeof value === "string") return [`@preset/${value}`];
  return [...(isNaming(key) ? textsOf(value) : []), ...namesWithin(value)];
}

function namesWithin(value: JsonValue | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesWithin);
  return isJsonObject(value) ? furtherModelsIn(value) : [];
}

function namesInTools(tools: readonly (JsonValue | undefined)[]): readonly string[] {
  return tools.flatMap((tool) => (isJsonObject(tool) && !clientTools.has(tool["type"]) ? namesInServerTool(tool) : []));
}

/** Those of its parameters count alone: what they give to a model in its turn are its tools. */
function namesInServerTool(tool: JsonObject): readonly string[] {
  const names = furtherModelsIn(tool);
  const { type, parameters } = tool;
  if (!consultingTools.has(type)) return names;
  const isNamed = Object.entries(toJsonObject(parameters)).some(
    ([key, value]) => isNaming(key) && textsOf(value).length > 0,
  );
  return isNamed ? names : [...names, anyModel];
}

/** Lists that only narrow what a provider chooses (`allowed_models` of OpenRouter's auto router) ask for nothing. */
function isNaming(key: string): boolean {
  if (key === "fallbacks") return true;
  return /(^|_)models?$/.test(key) && !/^(allowed|excluded|ignored)_/.test(key);
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return [value].flat().filter((name) => typeof name === "string");
}
