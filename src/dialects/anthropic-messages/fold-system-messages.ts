/**
 * System messages between others, for servers that take the Anthropic dialect but not those: they become marked text
 * of the user, in their place. Claude Code sends them; older models and several servers answer 400.
 */
import { isJsonObject, toJsonArray } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { contentParts } from "../content-parts.ts";
import { markedAsSystem } from "../marked-system.ts";
import { withoutCleared } from "./cleared-messages.ts";

/** The request with its system messages as the user's; the same object where it holds none. */
export function foldSystemMessages(body: JsonObject): JsonObject {
  const messages = toJsonArray(body["messages"]);
  if (!messages.some(isSystemMessage)) return body;
  const folded: JsonValue[] = [];
  /** The blocks of the last turn once it is joined: a run of many thousands is not copied for each. */
  let joined: JsonValue[] | null = null;
  for (const message of withoutCleared(messages)) {
    if (isSystemMessage(message) && textOf(message) === "") continue;
    const turn = isSystemMessage(message)
      ? { role: "user", content: [{ type: "text", text: markedAsSystem(textOf(message)) }] }
      : message;
    const previous = folded.at(-1);
    // Turns of the user must not stand side by side: some servers refuse that, too.
    if (!isUserTurn(previous) || !isUserTurn(turn)) {
      folded.push(turn);
      joined = null;
      continue;
    }
    if (joined === null) {
      joined = [...contentParts(previous["content"])];
      folded[folded.length - 1] = { ...previous, content: joined };
    }
    for (const block of contentParts(turn["content"])) joined.push(block);
  }
  return { ...body, messages: folded };
}

function isSystemMessage(message: JsonValue): message is JsonObject {
  return isJsonObject(message) && message["role"] === "system";
}

function isUserTurn(message: JsonValue | undefined): message is JsonObject {
  return isJsonObject(message) && message["role"] === "user";
}

function textOf(message: JsonObject): string {
  const texts = contentParts(message["content"]).map((block) => (isJsonObject(block) ? block["text"] : undefined));
  return texts.filter((part) => typeof part === "string").join("\n");
}
