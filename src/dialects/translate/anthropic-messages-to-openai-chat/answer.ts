/** A whole answer: a `chat.completion` as one Anthropic message. */
import { GatewayError } from "../../../core/errors/errors.ts";
import { toJsonArray } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { ChatReader } from "../../openai-chat/events.ts";
import type { AnswerContext, TranslatedAnswer } from "../../translation.ts";
import {
  createAnswerState,
  nameNamelessCalls,
  reduceAnswer,
  toAnswerFacts,
  toMessageEnd,
  toMessageHead,
} from "./answer-state.ts";
import { endBlocks } from "./blocks.ts";
import { MessageSink } from "./message-sink.ts";

/**
 * Translates `body`. Throws `provider_bad_answer` where there are no choices or where a tool call cannot be told: to run a
 * tool with made-up input would be worse than to ask again.
 */
export function toAnthropicMessage(body: JsonObject, context: AnswerContext): TranslatedAnswer {
  const sink = new MessageSink();
  const state = createAnswerState(context, sink);
  new ChatReader((event) => reduceAnswer(state, event)).readChunk(body);
  const said = toAnswerFacts(state);
  if (said.error !== null) return { body, facts: said };
  if (toJsonArray(body["choices"]).length === 0) throw badAnswer("The provider's answer holds no choices.");
  if (!nameNamelessCalls(state)) throw badAnswer("The provider called a tool without saying which.");
  endBlocks(state.blocks);
  const { blocks, hasBrokenCall } = sink.content();
  const { stopReason, stopSequence, usage } = toMessageEnd(state);
  // An answer cut by its limit ends inside a call: the rest of it stands.
  if (hasBrokenCall && stopReason === "tool_use") {
    throw badAnswer("The provider's tool call has arguments that are no JSON object.");
  }
  const facts = toAnswerFacts(state);
  return {
    body: { ...toMessageHead(state), content: blocks, stop_reason: stopReason, stop_sequence: stopSequence, usage },
    facts: { ...facts, isComplete: true },
  };
}

function badAnswer(message: string): GatewayError {
  return new GatewayError("provider_bad_answer", `${message} Try again.`);
}
