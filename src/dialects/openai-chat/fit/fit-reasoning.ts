/**
 * A request of the OpenAI dialect with the reasoning of earlier answers as its target takes it.
 *
 * The dialect has no field for reasoning: providers made their own, and clients return an answer with the field that it
 * came with. Where a conversation moves to another provider, by a rule, by fail-over or by the client's own choice, that
 * field is refused with 400, or the one that is wanted is missing. What the target takes stays as it is.
 */
import { isJsonObject, toJsonArray } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { withoutFields } from "../../without-fields.ts";

/** The fields in which providers of the dialect send reasoning, and the router where it translates. */
export const reasoningFields = ["reasoning_content", "reasoning", "reasoning_details"] as const;

/**
 * Stands for the reasoning of another model, or of none: DeepSeek and Moonshot answer 400 to a call without any,
 * Moonshot also to an empty string (seen in https://github.com/theopenco/llmgateway/pull/2093), DeepSeek to any message
 * without (seen in https://github.com/NousResearch/hermes-agent/pull/15770).
 */
export const unknownReasoning = " ";

type ReasoningTraits = Pick<
  TargetTraits,
  "target" | "reasoningReturn" | "refusesUnknownFields" | "wantsReasoningAlways" | "hasThinkingParts"
>;

/** `body` with the reasoning that the target takes; the same object where that is so already. */
export function fitReasoning(body: JsonObject, traits: ReasoningTraits): JsonObject {
  const messages = toJsonArray(body["messages"]);
  const isReasoningWanted = traits.wantsReasoningAlways && messages.some(callsTool);
  const fitted = messages.map((message) => {
    if (!isAnswer(message)) return message;
    const own = withoutForeign(message, traits.target.provider);
    const known = traits.refusesUnknownFields ? withoutParts(withoutOther(own, traits), traits) : own;
    return isReasoningWanted ? withReasoning(known) : known;
  });
  return fitted.every((message, place) => message === messages[place]) ? body : { ...body, messages: fitted };
}

function isAnswer(message: JsonValue): message is JsonObject {
  return isJsonObject(message) && message["role"] === "assistant";
}

function callsTool(message: JsonValue): boolean {
  return isAnswer(message) && toJsonArray(message["tool_calls"]).length > 0;
}

function withoutOther(message: JsonObject, { reasoningReturn }: ReasoningTraits): JsonObject {
  return withoutFields(
    message,
    reasoningFields.filter((field) => field !== reasoningReturn),
  );
}

/** Without details that name another provider, which alone could read them: the router names it in those that it makes. */
function withoutForeign(message: JsonObject, provider: string): JsonObject {
  const details = toJsonArray(message["reasoning_details"]);
  const own = details.filter((detail) => !isJsonObject(detail) || (detail["provider"] ?? provider) === provider);
  if (own.length === details.length) return message;
  const { reasoning_details: _, ...rest } = message;
  return own.length === 0 ? rest : { ...rest, reasoning_details: own };
}

/** Without Mistral's parts of thinking, at targets that know text and refusals alone. */
function withoutParts(message: JsonObject, { hasThinkingParts }: ReasoningTraits): JsonObject {
  const { content } = message;
  if (hasThinkingParts || !Array.isArray(content)) return message;
  const kept = content.filter((part) => !isJsonObject(part) || part["type"] !== "thinking");
  return kept.length === content.length ? message : { ...message, content: kept.length === 0 ? "" : kept };
}

function withReasoning(message: JsonObject): JsonObject {
  const { reasoning_content: reasoning } = message;
  const isThere = typeof reasoning === "string" && reasoning !== "";
  return isThere ? message : { ...message, reasoning_content: unknownReasoning };
}
