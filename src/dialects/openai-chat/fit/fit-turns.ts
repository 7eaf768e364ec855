/**
 * Turns made to fit a target that refuses the user directly behind results of tools, where the assistant speaks in between,
 * or the assistant at the end, where it is asked to continue.
 */
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";

/** What the assistant may have said between results of tools and the user. */
export const bridge: JsonObject = { role: "assistant", content: "Understood." };

/** What the user says behind an answer that the target cannot take up. */
export const goOn: JsonObject = { role: "user", content: "Continue." };

/** `body` with turns that the target takes; the same object where that is so already. */
export function fitTurns(body: JsonObject, { hasUserAfterTool, hasPrefill }: TargetTraits): JsonObject {
  const { messages } = body;
  if (!Array.isArray(messages)) return body;
  const bridged = hasUserAfterTool ? messages : bridgeTurns(messages);
  const fitted = hasPrefill || !endsWithAnswer(bridged) ? bridged : [...bridged, goOn];
  return fitted === messages ? body : { ...body, messages: fitted };
}

/** Whether the last message is the assistant's and asks for nothing: calls wait for results, a `prefix` is to be taken up. */
export function endsWithAnswer(messages: readonly JsonValue[]): boolean {
  const { role, tool_calls: calls, prefix } = toJsonObject(messages.at(-1));
  return role === "assistant" && toJsonArray(calls).length === 0 && prefix !== true;
}

function bridgeTurns(messages: JsonValue[]): JsonValue[] {
  const bridged = messages.flatMap((message, place) => {
    const isBehindResult = roleOf(message) === "user" && roleOf(messages[place - 1]) === "tool";
    return isBehindResult ? [bridge, message] : [message];
  });
  return bridged.length === messages.length ? messages : bridged;
}

function roleOf(message: JsonValue | undefined): JsonValue | undefined {
  return toJsonObject(message)["role"];
}
