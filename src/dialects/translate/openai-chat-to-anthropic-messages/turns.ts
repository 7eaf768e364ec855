/**
 * Messages of the OpenAI dialect as Anthropic's turns.
 *
 * Leading system messages become `system`. Later ones keep their place: as a system turn where the target
 * takes one there (right after a user turn, with an answer or the end to follow), else as marked text of the
 * user. Turns of one role that follow each other are one; what says nothing is left out.
 */
import { hash } from "node:crypto";
import { GatewayError } from "../../../core/errors/errors.ts";
import { isJsonObject, parseJson, toJsonArray, toJsonObject, toText } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { refuseCrowdedTexts } from "../../crowded-texts.ts";
import { markedAsSystem } from "../../marked-system.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { textBlocks, toContentBlocks } from "./content.ts";
import { blocksOfDetails } from "./reasoning-details.ts";
import { toTargetToolName } from "./tool-names.ts";

export interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly content: readonly JsonObject[];
}

export interface Conversation {
  readonly system: readonly JsonObject[];
  readonly turns: readonly Turn[];
}

/** The conversation in `messages`. Throws `caller_invalid_request` on what is no list of messages. */
export function toConversation(
  messages: JsonValue | undefined,
  traits: TargetTraits,
  notes: Set<string>,
): Conversation {
  const list = readMessages(messages);
  refuseCrowdedTexts(list.flatMap(argumentsIn), "utf8", "the arguments of tool calls");
  const firstTurn = list.findIndex((message) => !isSystem(message));
  const leading = firstTurn === -1 ? list : list.slice(0, firstTurn);
  const system = leading.flatMap((message) => toContentBlocks(message["content"], traits));
  const turns = list.slice(leading.length).map((message) => toTurn(message, traits, notes));
  return { system, turns: mergeTurns(placeSystemTurns(mergeTurns(turns), traits, notes)) };
}

/**
 * Anthropic's ids hold letters, digits, `_` and `-` alone; calls and results are mapped alike. Another id keeps what it can,
 * with a hash of the whole: two that differ in the rest alone stay two.
 */
function toToolUseId(id: JsonValue | undefined): string {
  const text = toText(id);
  const kept = text.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
  return kept === text ? text : `${kept}_${hash("sha256", text).slice(0, 8)}`;
}

function readMessages(messages: JsonValue | undefined): JsonObject[] {
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalid("`messages` must be a list with at least one message.");
  return messages.map((message, index) => {
    if (!isJsonObject(message)) throw invalid(`messages[${index}] is no object.`);
    return message;
  });
}

function toTurn(message: JsonObject, traits: TargetTraits, notes: Set<string>): Turn {
  if (message["name"] !== undefined) notes.add("names of messages left out: the target takes none");
  switch (message["role"]) {
    case "system":
    case "developer":
      return { role: "system", content: toContentBlocks(message["content"], traits) };
    case "user":
      return { role: "user", content: toContentBlocks(message["content"], traits) };
    case "assistant":
      return { role: "assistant", content: toAssistantBlocks(message, traits, notes) };
    case "tool":
      return { role: "user", content: [toToolResult(message, traits)] };
    case "function":
      throw invalid("Messages of role `function` are out of date: use `tool_calls` and role `tool`.");
    default:
      throw invalid(`A message has the role ${JSON.stringify(message["role"])}.`);
  }
}

/** Decided when empty turns are gone: the neighbours that count are those that the target sees. */
function placeSystemTurns(turns: readonly Turn[], traits: TargetTraits, notes: Set<string>): Turn[] {
  return turns.map((turn, index): Turn => {
    if (turn.role !== "system") return turn;
    const next = turns[index + 1]?.role ?? "assistant";
    if (traits.hasMidConversationSystem && turns[index - 1]?.role === "user" && next === "assistant") return turn;
    notes.add("a later system message became marked text of the user: the target takes none there");
    const text = turn.content.map((block) => block["text"]).filter((part) => typeof part === "string");
    return { role: "user", content: textBlocks(text.length === 0 ? "" : markedAsSystem(text.join("\n"))) };
  });
}

function toAssistantBlocks(message: JsonObject, traits: TargetTraits, notes: Set<string>): JsonObject[] {
  if (message["function_call"] !== undefined && message["function_call"] !== null) {
    throw invalid("`function_call` in a message is out of date: send `tool_calls`.");
  }
  if (isJsonObject(message["audio"])) notes.add("audio of an earlier answer left out");
  const thinking = blocksOfDetails(message["reasoning_details"], traits.target.provider);
  const text = toContentBlocks(message["content"] ?? message["refusal"] ?? undefined, traits);
  return [...thinking, ...text, ...toJsonArray(message["tool_calls"]).map((call) => toToolUse(toJsonObject(call)))];
}

function toToolUse(call: JsonObject): JsonObject {
  const { name, arguments: given } = toJsonObject(call["function"]);
  if (typeof name !== "string" || name === "") throw invalid("A tool call has no function name.");
  return { type: "tool_use", id: toToolUseId(call["id"]), name: toTargetToolName(name), input: toInput(given) };
}

function argumentsIn(message: JsonObject): string[] {
  return toJsonArray(message["tool_calls"])
    .map((call) => toJsonObject(toJsonObject(call)["function"])["arguments"])
    .filter((given) => typeof given === "string");
}

/** Arguments that are no JSON object, as models sometimes write, are kept as text in one. */
function toInput(text: JsonValue | undefined): JsonObject {
  if (isJsonObject(text)) return text;
  if (typeof text !== "string" || text.trim() === "") return {};
  const value = parseJson(text);
  return isJsonObject(value) ? value : { arguments: text };
}

function toToolResult(message: JsonObject, traits: TargetTraits): JsonObject {
  const content = toContentBlocks(message["content"], traits);
  return {
    type: "tool_result",
    tool_use_id: toToolUseId(message["tool_call_id"]),
    ...(content.length > 0 && { content }),
    ...(isJsonObject(message["cache_control"]) && { cache_control: message["cache_control"] }),
  };
}

/** One turn for neighbours of one role, none for empty ones. Run by run: a conversation may be one run of many thousands. */
function mergeTurns(turns: readonly Turn[]): Turn[] {
  const merged: { role: Turn["role"]; content: JsonObject[] }[] = [];
  for (const { role, content } of turns) {
    const last = merged.at(-1);
    if (content.length === 0) continue;
    if (last?.role !== role) merged.push({ role, content: [...content] });
    else for (const block of content) last.content.push(block);
  }
  return merged;
}

function isSystem(message: JsonObject): boolean {
  return message["role"] === "system" || message["role"] === "developer";
}

function invalid(message: string): GatewayError {
  return new GatewayError("caller_invalid_request", message);
}
