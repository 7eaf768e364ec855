/** A whole Anthropic message as a `chat.completion`. */
import { GatewayError } from "../../../core/errors/errors.ts";
import { isJsonObject, toJsonArray, toJsonObject, toText } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { factsOfAnthropicMessage } from "../../anthropic-messages/facts.ts";
import type { AnswerContext, TranslatedAnswer } from "../../translation.ts";
import { annotationsOfBlocks } from "./annotations.ts";
import { toChatUsage } from "./chat-usage.ts";
import { toFinishReason } from "./finish-reasons.ts";
import { detailsOfBlocks } from "./reasoning-details.ts";
import { createToolNameReader } from "./tool-names.ts";

/** Throws GatewayError where `body` is no message. */
export function translateAnswer(body: JsonObject, context: AnswerContext): TranslatedAnswer {
  const facts = factsOfAnthropicMessage(body);
  if (facts.error !== null) return { body, facts };
  if (!Array.isArray(body["content"])) {
    throw new GatewayError("provider_bad_answer", "The provider's answer is no message: it has no `content`.");
  }
  const finishReason = toFinishReason(facts.stopReason ?? "end_turn", facts.toolCalls.length > 0);
  const completion: JsonObject = {
    id: facts.answerId ?? context.callId,
    object: "chat.completion",
    created: context.createdAtSeconds,
    model: context.askedModel,
    choices: [{ index: 0, message: toMessage(body, context), logprobs: null, finish_reason: finishReason }],
  };
  const usage = toChatUsage(toJsonObject(body["usage"]));
  return { body: usage === null ? completion : { ...completion, usage }, facts };
}

function toMessage(body: JsonObject, context: AnswerContext): JsonObject {
  const blocks = toJsonArray(body["content"]).filter(isJsonObject);
  const textBlocks = blocks.filter((block) => block["type"] === "text");
  const text = joined(textBlocks, "text");
  const thinking = joined(blocks, "thinking");
  const details = detailsOfBlocks(blocks, context.traits.target.provider);
  const ownName = createToolNameReader(context.request);
  const calls = blocks
    .filter((block) => block["type"] === "tool_use")
    .map((block) => toToolCall({ ...block, name: ownName(block["name"]) }));
  const annotations = annotationsOfBlocks(textBlocks);
  return {
    role: "assistant",
    content: text === "" && (calls.length > 0 || body["stop_reason"] === "refusal") ? null : text,
    refusal: refusalOf(body),
    ...(thinking !== "" && { reasoning_content: thinking }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(annotations.length > 0 && { annotations }),
  };
}

/** Anthropic's explanation of a refusal; null where it did not refuse or does not say why. */
export function refusalOf(body: JsonObject): string | null {
  const { explanation } = toJsonObject(body["stop_details"]);
  return body["stop_reason"] === "refusal" && typeof explanation === "string" ? explanation : null;
}

function toToolCall(block: JsonObject): JsonObject {
  return {
    id: block["id"],
    type: "function",
    function: { name: block["name"], arguments: JSON.stringify(toJsonObject(block["input"])) },
  };
}

function joined(blocks: readonly JsonObject[], field: string): string {
  return blocks.map((block) => toText(block[field])).join("");
}
