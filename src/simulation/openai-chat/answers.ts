/** Answers of the openai-chat dialect: whole completions and streams of chunks. */
import { toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { splitText } from "../answers/answer-text.ts";
import type { AnswerFinish, AnswerPart } from "../answers/plan-answer.ts";
import type { AnswerFacts, Frame } from "../profile.ts";
import { createRandom } from "../random.ts";
import type { Random } from "../random.ts";
import { countTokens } from "../answers/tokens.ts";
import type { OpenAiFlavour } from "./flavour.ts";

const finishReasons: Readonly<Record<AnswerFinish, string>> = {
  end: "stop",
  tool: "tool_calls",
  length: "length",
  "stop-sequence": "stop",
  refusal: "stop",
};

/** What OpenAI's models say instead of an answer, in both of its APIs. */
export const refusalText = "I'm sorry, but I can't help with that.";

function textOf(parts: readonly AnswerPart[], kind: "text" | "thought"): string {
  return parts.map((part) => (part.kind === kind ? part.text : "")).join("");
}

/** The whole completion. */
export function toCompletion(facts: AnswerFacts, flavour: OpenAiFlavour): JsonObject {
  const random = createRandom(facts.seed);
  const { parts, finish } = facts.plan;
  const id = flavour.completionId(random);
  const calls = parts.filter((part) => part.kind === "call");
  const text = textOf(parts, "text");
  const message: JsonObject = { role: "assistant", content: text === "" && calls.length > 0 ? null : text };
  if (finish === "refusal") Object.assign(message, { content: null, refusal: refusalText });
  if (flavour.thoughtField !== null && facts.prompt.isThinking)
    message[flavour.thoughtField] = textOf(parts, "thought");
  if (calls.length > 0) {
    message["tool_calls"] = calls.map((call, index) => ({
      id: flavour.callId(random, index),
      type: "function",
      function: { name: call.name, arguments: call.inputJson },
    }));
  }
  return {
    id,
    object: "chat.completion",
    created: Math.floor(facts.createdMs / 1000),
    model: facts.prompt.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasons[finish] }],
    usage: facts.isUsageMissing ? undefined : flavour.usage(facts),
    system_fingerprint: flavour.fingerprint,
    ...flavour.wholeFields(facts),
  };
}

/** The same completion as chunks, `[DONE]` last. */
export function* toChunks(facts: AnswerFacts, flavour: OpenAiFlavour): Iterable<Frame> {
  const random = createRandom(facts.seed);
  const hasUsage = !facts.isUsageMissing;
  const isOwnChunk = flavour.streamUsage === "own-chunk-if-asked";
  const isAsked = toJsonObject(facts.body["stream_options"])["include_usage"] === true;
  const envelope: JsonObject = {
    id: flavour.completionId(random),
    object: "chat.completion.chunk",
    created: Math.floor(facts.createdMs / 1000),
    model: facts.prompt.model,
    system_fingerprint: flavour.fingerprint,
  };
  const chunk = (delta: JsonObject, tokens: number, finish: string | null = null, more: JsonObject = {}): Frame => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
    const noUsage = isOwnChunk && isAsked && hasUsage ? { usage: null } : {};
    return toFrame({ ...envelope, choices, ...noUsage, ...more }, tokens);
  };
  yield chunk(openingDelta(facts, flavour), 0, null, flavour.firstChunkFields(facts));
  yield* partChunks(facts, flavour, random, chunk);
  const usage = flavour.usage(facts);
  const lastFields = !isOwnChunk && hasUsage ? flavour.lastChunkFields(facts, usage) : {};
  yield chunk({}, 0, finishReasons[facts.plan.finish], lastFields);
  if (isOwnChunk && isAsked && hasUsage) yield toFrame({ ...envelope, choices: [], usage }, 0);
  yield { text: "data: [DONE]\n\n", tokens: 0 };
}

function toFrame(payload: JsonObject, tokens: number): Frame {
  return { text: `data: ${JSON.stringify(payload)}\n\n`, tokens };
}

function openingDelta(facts: AnswerFacts, flavour: OpenAiFlavour): JsonObject {
  const isCallOnly = facts.plan.parts.every((part) => part.kind !== "text");
  const delta: JsonObject = { role: "assistant", content: isCallOnly ? null : "" };
  if (flavour.thoughtField === "reasoning_content" && facts.prompt.isThinking) {
    return { ...delta, content: null, reasoning_content: "" };
  }
  return flavour.thoughtField === null ? { ...delta, refusal: null } : delta;
}

type ChunkMaker = (delta: JsonObject, tokens: number) => Frame;

function* partChunks(facts: AnswerFacts, flavour: OpenAiFlavour, random: Random, chunk: ChunkMaker): Iterable<Frame> {
  let callIndex = 0;
  for (const part of facts.plan.parts) {
    if (part.kind === "text") {
      for (const content of splitText(part.text)) yield chunk({ content }, countTokens(content));
    } else if (part.kind === "thought") {
      yield* thoughtChunks(part.text, flavour, chunk);
    } else {
      yield* callChunks(part, callIndex, flavour.callId(random, callIndex), chunk);
      callIndex++;
    }
  }
  if (facts.plan.finish === "refusal") yield chunk({ refusal: refusalText }, countTokens(refusalText));
}

/** Hidden thoughts take their time all the same: a comment line would show them, so an empty delta does. */
function* thoughtChunks(text: string, flavour: OpenAiFlavour, chunk: ChunkMaker): Iterable<Frame> {
  const field = flavour.thoughtField;
  if (field === null) {
    yield { text: "", tokens: countTokens(text) };
    return;
  }
  for (const piece of splitText(text)) {
    yield chunk(field === "reasoning" ? { reasoning: piece } : { content: null, [field]: piece }, countTokens(piece));
  }
}

function* callChunks(
  part: Extract<AnswerPart, { kind: "call" }>,
  index: number,
  id: string,
  chunk: ChunkMaker,
): Iterable<Frame> {
  const opening = { index, id, type: "function", function: { name: part.name, arguments: "" } };
  yield chunk({ tool_calls: [opening] }, countTokens(part.name));
  for (const piece of splitText(part.inputJson)) {
    yield chunk({ tool_calls: [{ index, function: { arguments: piece } }] }, countTokens(piece));
  }
}
