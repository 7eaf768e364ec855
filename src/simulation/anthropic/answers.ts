/** Answers of the Anthropic dialect: whole messages and streams of events. */
import { parseJson, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { splitText } from "../answers/answer-text.ts";
import type { AnswerFinish, AnswerPart } from "../answers/plan-answer.ts";
import type { AnswerFacts, Frame } from "../profile.ts";
import { createRandom, pickLetters } from "../random.ts";
import type { Random } from "../random.ts";
import { countTokens } from "../answers/tokens.ts";
import { betasOf } from "./betas-of.ts";
import { signThought } from "./signature.ts";

const stopReasons: Readonly<Record<AnswerFinish, string>> = {
  end: "end_turn",
  tool: "tool_use",
  length: "max_tokens",
  "stop-sequence": "stop_sequence",
  refusal: "refusal",
};

/** The whole message. */
export function toAnthropicMessage(facts: AnswerFacts): JsonObject {
  const random = createRandom(facts.seed);
  const message = openMessage(facts, random);
  return {
    ...message,
    content: facts.plan.parts.map((part) => wholeBlock(part, facts, random)),
    stop_reason: stopReasons[facts.plan.finish],
    stop_sequence: facts.plan.stopSequence,
    usage: facts.isUsageMissing ? undefined : { ...inputUsage(facts), ...outputUsage(facts), ...tierOfService },
    ...contextManagement(facts),
  };
}

/** The same message as events, in the order that the API promises. */
export function* toAnthropicFrames(facts: AnswerFacts): Iterable<Frame> {
  const random = createRandom(facts.seed);
  const usage = { ...inputUsage(facts), output_tokens: 1, ...tierOfService };
  const message = { ...openMessage(facts, random), usage: facts.isUsageMissing ? undefined : usage };
  yield frame("message_start", { message });
  let index = 0;
  for (const part of facts.plan.parts) {
    yield frame("content_block_start", { index, content_block: emptyBlock(part, random) });
    if (index === 0) yield frame("ping", {});
    yield* blockDeltas(part, index, facts, random);
    yield frame("content_block_stop", { index });
    index++;
  }
  yield frame("message_delta", {
    delta: { stop_reason: stopReasons[facts.plan.finish], stop_sequence: facts.plan.stopSequence },
    usage: facts.isUsageMissing ? undefined : { ...inputUsage(facts), ...outputUsage(facts) },
    ...contextManagement(facts),
  });
  yield frame("message_stop", {});
}

function frame(type: string, fields: JsonObject, tokens = 0): Frame {
  return { text: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`, tokens };
}

function openMessage(facts: AnswerFacts, random: Random): JsonObject {
  return {
    id: `msg_01${pickLetters(random, 22)}`,
    type: "message",
    role: "assistant",
    model: facts.prompt.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

const tierOfService: JsonObject = { service_tier: "standard", inference_geo: "not_available" };

function inputUsage(facts: AnswerFacts): JsonObject {
  const { uncached, read, write5m, write1h } = facts.input;
  return {
    input_tokens: uncached,
    cache_creation_input_tokens: write5m + write1h,
    cache_read_input_tokens: read,
    cache_creation: { ephemeral_5m_input_tokens: write5m, ephemeral_1h_input_tokens: write1h },
  };
}

function outputUsage(facts: AnswerFacts): JsonObject {
  const output: JsonObject = { output_tokens: facts.plan.outputTokens };
  if (betasOf(facts.headers).includes("thinking-token-count-")) {
    output["output_tokens_details"] = { thinking_tokens: facts.plan.thoughtTokens };
  }
  return output;
}

function contextManagement(facts: AnswerFacts): JsonObject {
  return facts.body["context_management"] === undefined ? {} : { context_management: { applied_edits: [] } };
}

function isThoughtHidden(facts: AnswerFacts): boolean {
  return toJsonObject(facts.body["thinking"])["display"] === "omitted";
}

function emptyBlock(part: AnswerPart, random: Random): JsonObject {
  if (part.kind === "thought") return { type: "thinking", thinking: "", signature: "" };
  if (part.kind === "text") return { type: "text", text: "" };
  return { type: "tool_use", id: `toolu_01${pickLetters(random, 22)}`, name: part.name, input: {} };
}

function wholeBlock(part: AnswerPart, facts: AnswerFacts, random: Random): JsonValue {
  const block = emptyBlock(part, random);
  if (part.kind === "text") return { ...block, text: part.text };
  if (part.kind === "call") return { ...block, input: parseJson(part.inputJson) ?? {} };
  const thinking = isThoughtHidden(facts) ? "" : part.text;
  return { ...block, thinking, signature: signThought(part.text, random) };
}

function* blockDeltas(part: AnswerPart, index: number, facts: AnswerFacts, random: Random): Iterable<Frame> {
  const delta = (fields: JsonObject, tokens: number): Frame =>
    frame("content_block_delta", { index, delta: fields }, tokens);
  if (part.kind === "text") {
    for (const text of splitText(part.text)) yield delta({ type: "text_delta", text }, countTokens(text));
  } else if (part.kind === "call") {
    yield delta({ type: "input_json_delta", partial_json: "" }, 0);
    for (const json of splitText(part.inputJson)) {
      yield delta({ type: "input_json_delta", partial_json: json }, countTokens(json));
    }
  } else {
    for (const thinking of isThoughtHidden(facts) ? [] : splitText(part.text)) {
      yield delta({ type: "thinking_delta", thinking }, countTokens(thinking));
    }
    const unseen = isThoughtHidden(facts) ? countTokens(part.text) : 0;
    yield delta({ type: "signature_delta", signature: signThought(part.text, random) }, unseen);
  }
}
