/**
 * System messages between others, for servers that take the Anthropic dialect but not those: they become marked text
 * of the user, in their place. Claude Code sends them; older models and several servers answer 400.
 */
import { isJsonObject, toJsonArray } from "../../core/json.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";

/** The request with its system messages as the user's; the same object where it holds none. */
export function foldSystemMessages(body: JsonObject): JsonObject {
  const messages = toJsonArray(body["messages"]);
  if (!messages.some(isSystemMessage)) return body;
  const folded: JsonValue[] = [];
  for (const message of messages) {
    const turn = isSystemMessage(message) ? { role: "user", content: markedBlocks(message["content"]) } : message;
    const previous = folded.at(-1);
    // Turns of the user must not stand side by side: some servers refuse that, too.
    if (isUserTurn(previous) && isUserTurn(turn)) folded[folded.length - 1] = joinTurns(previous, turn);
    else folded.push(turn);
  }
  return { ...body, messages: folded };
}

function isSystemMessage(message: JsonValue): message is JsonObject {
  return isJsonObject(message) && message["role"] === "system";
}

function isUserTurn(message: JsonValue | undefined): message is JsonObject {
  return isJsonObject(message) && message["role"] === "user";
}

function joinTurns(first: JsonObject, second: JsonObject): JsonObject {
  return { ...first, content: [...toBlocks(first["content"]), ...toBlocks(second["content"])] };
}

function markedBlocks(content: JsonValue | undefined): JsonValue[] {
  const texts = toBlocks(content).map((block) => (isJsonObject(block) ? block["text"] : undefined));
  const text = texts.filter((part) => typeof part === "string").join("\n");
  return [{ type: "text", text: `<system>\n${text}\n</system>` }];
}

function toBlocks(content: JsonValue | undefined): JsonValue[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : toJsonArray(content);
}
