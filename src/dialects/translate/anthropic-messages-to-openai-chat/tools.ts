/**
 * Tools and the choice among them.
 *
 * Tools that Anthropic itself runs (web search, code execution) have no schema and no counterpart: they are left out
 * with a note, and refused where the call is about nothing else, because an answer without them would be made up.
 */
import { GatewayError } from "../../../core/errors/errors.ts";
import { isJsonObject, toJsonArray, toJsonObject, toText } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { fitToolChoice } from "../../openai-chat/fit/fit-tool-choice.ts";
import { adaptSchema } from "../../openai-chat/fit/adapt-schema.ts";
import { createReferenceBudget } from "../../openai-chat/fit/narrow-schema.ts";
import type { ReferenceBudget } from "../../openai-chat/fit/narrow-schema.ts";
import type { ContentContext } from "./content-parts.ts";
import { toProviderToolName } from "./tool-names.ts";

/** `tools`, `tool_choice` and `parallel_tool_calls`: none of them where no tool is left. */
export function toTools(body: JsonObject, context: ContentContext): JsonObject {
  const given = toJsonArray(body["tools"]).filter(isJsonObject);
  const choice = toJsonObject(body["tool_choice"]);
  const tools = context.traits.hasTools ? chooseTools(given, body, context) : [];
  refuseWhatIsLost(given, tools, choice, context);
  if (tools.length === 0) return {};
  const toolChoice = toToolChoice(choice);
  const budget = createReferenceBudget();
  const isSequential = choice["disable_parallel_tool_use"] === true && context.traits.hasParallelToolCalls;
  const asked: JsonObject = {
    tools: tools.map((tool) => toFunctionTool(tool, budget, context)),
    ...(toolChoice !== undefined && { tool_choice: toolChoice }),
    ...(isSequential && { parallel_tool_calls: false }),
  };
  const fitted = fitToolChoice(asked, context.traits);
  if (fitted !== asked) {
    const said = fitted["tool_choice"] === undefined ? "tools are left out" : "sent as auto";
    context.notes.add(`tool_choice ${toText(choice["type"])}: ${said}, the model takes no other`);
  }
  return fitted;
}

function chooseTools(given: readonly JsonObject[], body: JsonObject, context: ContentContext): JsonObject[] {
  const isLoaded = createLoadedTest(given, body);
  return given.filter((tool) => {
    const name = toText(tool["name"]);
    if (isServerTool(tool)) {
      context.notes.add(`tool ${name || toText(tool["type"])}: left out, only Anthropic runs it`);
      return false;
    }
    // A stand-in that keeps Claude Code's list from being empty; it is never to be called.
    if (name === "DeferredToolPlaceholder") return false;
    return isLoaded(tool);
  });
}

/**
 * Which deferred tools (`defer_loading`) the model shall see. Anthropic hides them until a search names them; a
 * target without that sees those that the conversation names, as long as the client has a search tool of its own.
 */
function createLoadedTest(given: readonly JsonObject[], body: JsonObject): (tool: JsonObject) => boolean {
  const hasSearch = given.some((tool) => !isServerTool(tool) && /tool.?search/i.test(toText(tool["name"])));
  if (!hasSearch || !given.some((tool) => tool["defer_loading"] === true)) return () => true;
  const named = namedTools(body);
  return (tool) => tool["defer_loading"] !== true || named.has(toText(tool["name"]));
}

/** Names in the tool choice and in the conversation's tool_use and tool_reference blocks. */
function namedTools(body: JsonObject): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (content: JsonValue | undefined): void => {
    for (const block of toJsonArray(content)) {
      if (!isJsonObject(block)) continue;
      if (block["type"] === "tool_use") names.add(toText(block["name"]));
      else if (block["type"] === "tool_reference") names.add(toText(block["tool_name"]));
      else if (block["type"] === "tool_result") visit(block["content"]);
    }
  };
  names.add(toText(toJsonObject(body["tool_choice"])["name"]));
  for (const message of toJsonArray(body["messages"])) visit(toJsonObject(message)["content"]);
  return names;
}

function isServerTool(tool: JsonObject): boolean {
  const type = tool["type"];
  return typeof type === "string" && type !== "custom";
}

function refuseWhatIsLost(
  given: readonly JsonObject[],
  kept: readonly JsonObject[],
  choice: JsonObject,
  context: ContentContext,
): void {
  const target = context.traits.target.model;
  const isForced = choice["type"] === "any" || choice["type"] === "tool";
  if (given.length === 0 && isForced) context.notes.add("tool_choice: left out, there are no tools");
  if (given.length > 0 && !context.traits.hasTools) {
    if (isForced) throw unsupported(`The request forces a tool call, and ${target} takes no tools.`);
    context.notes.add("tools: left out, the model takes none");
    return;
  }
  const server = given.filter(isServerTool).map((tool) => toText(tool["name"]) || toText(tool["type"]));
  const isOnlyServer = server.length > 0 && server.length === given.length;
  const isServerForced = choice["type"] === "tool" && server.includes(toText(choice["name"]));
  if (isOnlyServer || isServerForced) {
    throw unsupported(`${target} cannot run the tool ${server.join(", ")}, which only Anthropic's servers offer.`);
  }
  if (isForced && kept.length === 0 && given.length > 0) {
    throw unsupported(`The request forces a tool call, and none of its tools can be sent to ${target}.`);
  }
}

function unsupported(message: string): GatewayError {
  return new GatewayError("caller_unsupported_content", `${message} Route such calls to a provider that can.`);
}

function toFunctionTool(tool: JsonObject, budget: ReferenceBudget, context: ContentContext): JsonObject {
  const name = toText(tool["name"]);
  const { schema, isChanged } = adaptSchema(tool["input_schema"], context.traits.schemaSubset, budget);
  if (isChanged) context.notes.add(`tool ${name}: schema adapted to what the provider accepts`);
  const description = toText(tool["description"]);
  return {
    type: "function",
    function: { name: toProviderToolName(name), ...(description !== "" && { description }), parameters: schema },
  };
}

function toToolChoice(choice: JsonObject): JsonValue | undefined {
  switch (choice["type"]) {
    case "auto":
      return "auto";
    case "any":
      return "required";
    case "none":
      return "none";
    case "tool":
      return { type: "function", function: { name: toProviderToolName(toText(choice["name"])) } };
    default:
      return undefined;
  }
}
