/** The router's own facts of an Anthropic answer: one reducer for streams, one reading for whole messages. */
import { toJsonArray, toJsonObject, toText, toTextOrNull } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { toServiceTier } from "../../core/service-tier.ts";
import { toTokenCount } from "../../core/usage.ts";
import { emptyFacts, garbledPayload } from "../answer-facts.ts";
import type { AnsweredToolCall, AnswerFacts } from "../answer-facts.ts";
import { maxToolCalls } from "../excerpt-bounds.ts";
import { excerptOfMessage } from "./excerpt.ts";
import { readAnthropicError } from "./events.ts";
import type { AnthropicEvent, BlockDelta } from "./events.ts";
import { mergeAnthropicUsage, usageFromAnthropic } from "./usage.ts";

/** What a stream has told so far. `counts` are the provider's own, merged. */
export interface AnthropicFactsState {
  readonly facts: AnswerFacts;
  readonly counts: JsonObject;
}

const noCounts: JsonObject = {};

export const emptyFactsState: AnthropicFactsState = { facts: emptyFacts, counts: noCounts };

/** The state after `event`. A second `message_start`, which broken providers send, adds to the first. */
export function reduceFacts(state: AnthropicFactsState, event: AnthropicEvent): AnthropicFactsState {
  switch (event.kind) {
    case "message-start":
      return startMessage(state, event.message);
    case "block-start":
      return startBlock(state, event.block);
    case "block-delta":
      return addCharacters(state, charactersOf(event.delta));
    case "message-delta":
      return withEndUsage(withStopReason(state, event.delta), event.usage);
    case "message-stop":
      return withFacts(state, { isComplete: state.facts.error === null });
    case "error":
      return withFacts(state, { error: event.error, isComplete: false });
    case "malformed":
      // Part of the answer is lost. After its end there is nothing to lose.
      return state.facts.isComplete ? state : withFacts(state, { error: state.facts.error ?? garbledPayload });
    default:
      return state;
  }
}

/** The state after `characters` more of text, thinking or tool input. */
export function addCharacters(state: AnthropicFactsState, characters: number): AnthropicFactsState {
  if (characters === 0) return state;
  return withFacts(state, { outputCharacters: state.facts.outputCharacters + characters });
}

/** The facts of a whole answer; an error body gives its error. */
export function factsOfAnthropicMessage(body: JsonObject): AnswerFacts {
  const error = readAnthropicError(body);
  if (error !== null) return { ...emptyFacts, error };
  const counts = toJsonObject(body["usage"]);
  const blocks = toJsonArray(body["content"]).map(toJsonObject);
  const stopReason = toTextOrNull(body["stop_reason"]);
  return {
    answerId: toTextOrNull(body["id"]),
    answeredModel: toTextOrNull(body["model"]),
    usage: usageFromAnthropic(counts),
    isOutputCounted: toTokenCount(counts["output_tokens"]) > 0,
    serviceTier: tierOf(counts),
    stopReason,
    isComplete: stopReason !== null,
    error: null,
    toolCalls: blocks.filter(isToolUse).map(toToolCall),
    outputCharacters: blocks.reduce((sum, block) => sum + charactersOfBlock(block), 0),
    excerpt: excerptOfMessage(body),
  };
}

function startMessage(state: AnthropicFactsState, message: JsonObject): AnthropicFactsState {
  const { answerId, answeredModel } = state.facts;
  const started = withFacts(state, {
    answerId: answerId ?? toTextOrNull(message["id"]),
    answeredModel: answeredModel ?? toTextOrNull(message["model"]),
    isComplete: false,
  });
  return withUsage(started, toJsonObject(message["usage"]));
}

function startBlock(state: AnthropicFactsState, block: JsonObject): AnthropicFactsState {
  const counted = addCharacters(state, charactersOfBlock(block));
  const { toolCalls } = counted.facts;
  if (!isToolUse(block) || toolCalls.length === maxToolCalls) return counted;
  return withFacts(counted, { toolCalls: [...toolCalls, toToolCall(block)] });
}

function isToolUse(block: JsonObject): boolean {
  return block["type"] === "tool_use";
}

function toToolCall(block: JsonObject): AnsweredToolCall {
  return { id: toText(block["id"]), name: toText(block["name"]) };
}

/** A message_delta that names a stop reason is an end: what follows carries nothing more. */
function withStopReason(state: AnthropicFactsState, delta: JsonObject): AnthropicFactsState {
  const stopReason = toTextOrNull(delta["stop_reason"]);
  return stopReason === null ? state : withFacts(state, { stopReason, isComplete: state.facts.error === null });
}

function withUsage(state: AnthropicFactsState, counts: JsonObject): AnthropicFactsState {
  const merged = state.counts === noCounts ? counts : mergeAnthropicUsage(state.counts, counts);
  return { counts: merged, facts: { ...state.facts, usage: usageFromAnthropic(merged), serviceTier: tierOf(merged) } };
}

/** Fast mode is told beside the tier; what it costs is stated as a tier's price all the same. */
function tierOf(counts: JsonObject): string | null {
  return toServiceTier(counts["speed"]) ?? toServiceTier(counts["service_tier"]);
}

function withEndUsage(state: AnthropicFactsState, counts: JsonObject): AnthropicFactsState {
  const isOutputCounted = state.facts.isOutputCounted || toTokenCount(counts["output_tokens"]) > 0;
  return withFacts(withUsage(state, counts), { isOutputCounted });
}

function withFacts(state: AnthropicFactsState, changed: Partial<AnswerFacts>): AnthropicFactsState {
  return { counts: state.counts, facts: { ...state.facts, ...changed } };
}

function charactersOf(delta: BlockDelta): number {
  if (delta.kind === "text") return delta.text.length;
  if (delta.kind === "thinking") return delta.thinking.length;
  return delta.kind === "input-json" ? delta.json.length : 0;
}

/** Characters that a block carries in itself; an empty input, which deltas fill, counts nothing. */
function charactersOfBlock(block: JsonObject): number {
  const input = toJsonObject(block["input"]);
  const inputLength = Object.keys(input).length === 0 ? 0 : JSON.stringify(input).length;
  return toText(block["text"]).length + toText(block["thinking"]).length + inputLength;
}
