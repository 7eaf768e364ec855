/**
 * The conversation: Anthropic's turns to OpenAI's messages.
 *
 * OpenAI wants the results of all calls of a turn directly behind it, one `tool` message each, and knows neither
 * images in them nor text between them. So the messages between two assistant turns are taken together: first the
 * results, then everything else in its order, system messages among it. Neighbours of the assistant are one turn, as
 * Anthropic takes them.
 */
import { GatewayError } from "../../../core/errors/errors.ts";
import { isJsonObject, toJsonArray, toText } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { contentParts } from "../../content-parts.ts";
import { withoutCleared } from "../../anthropic-messages/cleared-messages.ts";
import { bridge, endsWithAnswer, goOn } from "../../openai-chat/fit/fit-turns.ts";
import { toAssistantTurn } from "./assistant-turn.ts";
import { isTextPart, joinParts, textParts, toContentParts } from "./content-parts.ts";
import type { ContentContext } from "./content-parts.ts";
import { toMidConversationSystem } from "./system.ts";
import { toProviderToolCallId } from "../../openai-chat/fit/tool-call-ids.ts";

/** All messages but the system prompt. Throws GatewayError `caller_invalid_request` where nothing is said. */
export function toChatMessages(messages: JsonValue | undefined, context: ContentContext): JsonObject[] {
  const chat: JsonObject[] = [];
  let between: JsonObject[] = [];
  let unanswered: readonly string[] = [];
  for (const message of joinAnswers(withoutCleared(toJsonArray(messages)).filter(isJsonObject))) {
    if (message["role"] !== "assistant") {
      between.push(message);
      continue;
    }
    const turn = toAssistantTurn(message["content"], context);
    if (turn.message === null) {
      context.notes.add("assistant turn without text or calls: left out");
      continue;
    }
    // Not spread into one `push`: what a request may hold is more than a function takes as arguments.
    for (const one of toMessagesBetween(between, unanswered, context)) chat.push(one);
    chat.push(turn.message);
    between = [];
    unanswered = turn.toolUseIds;
  }
  // Calls at the very end are not answered yet: the client may want the model to go on from there.
  if (between.length > 0) for (const one of toMessagesBetween(between, unanswered, context)) chat.push(one);
  if (chat.length === 0) {
    throw new GatewayError("caller_invalid_request", "messages: at least one message with content is required");
  }
  if (context.traits.hasPrefill || !endsWithAnswer(chat)) return chat;
  context.notes.add("messages: the model cannot go on from the assistant's last message, it was asked to continue");
  return [...chat, goOn];
}

/** The messages with one of the assistant for each run of them: the results of all its calls come behind the last. */
function joinAnswers(messages: readonly JsonObject[]): JsonObject[] {
  const joined: JsonObject[] = [];
  let run: JsonValue[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.["role"] !== "assistant" || message["role"] !== "assistant") {
      joined.push(message);
      run = [];
      continue;
    }
    if (run.length === 0) {
      run = [...contentParts(last["content"])];
      joined[joined.length - 1] = { ...last, content: run };
    }
    for (const block of contentParts(message["content"])) run.push(block);
  }
  return joined;
}

/** What stands between two assistant turns. `unanswered`: the calls of the turn before. */
function toMessagesBetween(
  messages: readonly JsonObject[],
  unanswered: readonly string[],
  context: ContentContext,
): JsonObject[] {
  const results: JsonObject[] = [];
  const answered = new Set<string>();
  const rest: JsonObject[] = [];
  for (const message of messages) {
    if (message["role"] === "system") {
      rest.push(...toMidConversationSystem(message["content"], context.traits));
      continue;
    }
    const parts = toUserParts(message["content"], results, answered, context);
    if (parts.length > 0) rest.push({ role: "user", content: joinParts(parts) });
  }
  for (const id of unanswered) {
    if (answered.has(id)) continue;
    context.notes.add("tool_use without tool_result: answered as without result");
    results.push(toolMessage(id, "(no result)", context));
  }
  const said = context.traits.hasMidConversationSystem ? rest : joinMessages(rest);
  const isBridged = results.length > 0 && said[0]?.["role"] === "user" && !context.traits.hasUserAfterTool;
  return [...results, ...(isBridged ? [bridge] : []), ...said];
}

/**
 * Messages of the user as one: chat templates that take no system message there want roles to take turns, too (seen in
 * https://github.com/charmbracelet/crush/issues/279).
 */
function joinMessages(messages: readonly JsonObject[]): readonly JsonObject[] {
  if (messages.length < 2) return messages;
  const parts = messages.flatMap(({ content }) =>
    typeof content === "string" ? textParts(content) : toJsonArray(content).filter(isJsonObject),
  );
  return [{ role: "user", content: joinParts(parts) }];
}

/** The parts of a user's message; its tool results go to `results`, images of theirs lead the parts. */
function toUserParts(
  content: JsonValue | undefined,
  results: JsonObject[],
  answered: Set<string>,
  context: ContentContext,
): JsonObject[] {
  if (!Array.isArray(content)) return toContentParts(content, context);
  const attachments: JsonObject[] = [];
  const own: JsonValue[] = [];
  for (const block of content) {
    if (!isJsonObject(block) || block["type"] !== "tool_result") {
      own.push(block);
      continue;
    }
    const id = toText(block["tool_use_id"]);
    // Two messages with one id are refused.
    if (answered.has(id)) continue;
    answered.add(id);
    const parts = toContentParts(block["content"], context);
    results.push(toolMessage(id, resultText(block, parts), context));
    const media = parts.filter((part) => !isTextPart(part));
    if (media.length === 0) continue;
    attachments.push(...textParts(`Content of the result of tool call ${id}:`));
    for (const part of media) attachments.push(part);
  }
  return [...attachments, ...toContentParts(own, context)];
}

function toolMessage(id: string, content: string, context: ContentContext): JsonObject {
  if (!context.traits.hasTools) {
    throw new GatewayError(
      "caller_unsupported_content",
      `The conversation holds tool results, and ${context.traits.target.model} takes no tools. Route it to a model that does.`,
    );
  }
  return { role: "tool", tool_call_id: toProviderToolCallId(id, context.traits), content };
}

/** A result's text: OpenAI has no mark for errors, and several providers refuse an empty content. */
function resultText(block: JsonObject, parts: readonly JsonObject[]): string {
  const text = parts
    .filter(isTextPart)
    .map((part) => toText(part["text"]))
    .join("\n");
  if (text === "") {
    if (block["is_error"] === true) return "Error";
    return parts.length > 0 ? "(the content follows)" : "(no output)";
  }
  const isMarked = /^\s*(<tool_use_error>|error)/i.test(text);
  return block["is_error"] === true && !isMarked ? `Error: ${text}` : text;
}
