/** Turns made to fit a target that refuses the user directly behind results of tools: the assistant speaks in between. */
import { toJsonObject } from "../../core/json.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import type { TargetTraits } from "../target-traits.ts";

/** What the assistant may have said between results of tools and the user. */
export const bridge: JsonObject = { role: "assistant", content: "Understood." };

/** `body` with turns that the target takes; the same object where that is so already. */
export function fitTurns(body: JsonObject, { hasUserAfterTool }: TargetTraits): JsonObject {
  const { messages } = body;
  if (hasUserAfterTool || !Array.isArray(messages)) return body;
  const fitted = messages.flatMap((message, place) => {
    const isBehindResult = roleOf(message) === "user" && roleOf(messages[place - 1]) === "tool";
    return isBehindResult ? [bridge, message] : [message];
  });
  return fitted.length === messages.length ? body : { ...body, messages: fitted };
}

function roleOf(message: JsonValue | undefined): JsonValue | undefined {
  return toJsonObject(message)["role"];
}
