/**
 * What the events of an Anthropic stream mean for a stream of chat completion chunks: a state as a value, and
 * one small reducer for each kind of event. How a chunk is written stands in stream.ts.
 */
import { toJsonArray, toJsonObject, toText } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import type { StreamedError } from "../../answer-facts.ts";
import type { AnthropicEvent, BlockDelta } from "../../anthropic-messages/events.ts";
import { emptyFactsState, reduceFacts } from "../../anthropic-messages/facts.ts";
import type { AnthropicFactsState } from "../../anthropic-messages/facts.ts";
import { refusalOf } from "./answer.ts";
import { toAnnotations } from "./annotations.ts";
import { redactedDetail, thinkingDetail } from "./reasoning-details.ts";

/** A block between its start and its stop. */
interface OpenBlock {
  readonly block: JsonObject;
  /** Place among the tool calls, for a tool_use. */
  readonly toolIndex: number;
  readonly hasInput: boolean;
  readonly textStart: number;
  readonly citations: readonly JsonObject[];
  readonly thinking: string;
  readonly signature: string;
}

export interface ChatStreamState {
  readonly facts: AnthropicFactsState;
  readonly isStarted: boolean;
  readonly toolCount: number;
  readonly textLength: number;
  readonly open: Readonly<Record<number, OpenBlock>>;
}

/** What a client is told after an event. */
export type ChatOutput =
  | { readonly kind: "delta"; readonly delta: JsonObject }
  | { readonly kind: "end" }
  | { readonly kind: "error"; readonly error: StreamedError };

export interface ChatStep {
  readonly state: ChatStreamState;
  readonly outputs: readonly ChatOutput[];
}

export const emptyChatStreamState: ChatStreamState = {
  facts: emptyFactsState,
  isStarted: false,
  toolCount: 0,
  textLength: 0,
  open: {},
};

/** The state after `event`, and what the client is told. `provider`: who signs thinking. */
export function reduceChatStream(before: ChatStreamState, event: AnthropicEvent, provider: string): ChatStep {
  const state = { ...before, facts: reduceFacts(before.facts, event) };
  switch (event.kind) {
    case "message-start":
      return startMessage(state);
    case "block-start":
      return startBlock(state, event.index, event.block, provider);
    case "block-delta":
      return addDelta(state, event.index, event.delta);
    case "block-stop":
      return stopBlock(state, event.index, provider);
    case "message-delta":
      return tell(state, refusalDeltas(event.delta));
    case "message-stop":
      return { state, outputs: [{ kind: "end" }] };
    case "error":
      return { state, outputs: [{ kind: "error", error: event.error }] };
    default:
      return tell(state, []);
  }
}

function startMessage(state: ChatStreamState): ChatStep {
  // A second message_start, which broken providers send, goes on with the first message.
  if (state.isStarted) return tell(state, []);
  return tell({ ...state, isStarted: true }, [{ role: "assistant", content: "" }]);
}

function startBlock(state: ChatStreamState, index: number, block: JsonObject, provider: string): ChatStep {
  const opened: OpenBlock = {
    block,
    toolIndex: state.toolCount,
    hasInput: false,
    textStart: state.textLength,
    citations: toJsonArray(block["citations"]).map(toJsonObject),
    thinking: toText(block["thinking"]),
    signature: toText(block["signature"]),
  };
  const next = { ...state, open: { ...state.open, [index]: opened } };
  if (block["type"] === "tool_use") {
    const called = { name: block["name"], arguments: "" };
    const call = { index: state.toolCount, id: block["id"], type: "function", function: called };
    return tell({ ...next, toolCount: state.toolCount + 1 }, [{ tool_calls: [call] }]);
  }
  if (block["type"] === "redacted_thinking") {
    return tell(next, [{ reasoning_details: [redactedDetail(index, provider, toText(block["data"]))] }]);
  }
  if (block["type"] === "text") return addText(next, toText(block["text"]));
  return tell(next, opened.thinking === "" ? [] : [{ reasoning_content: opened.thinking }]);
}

function addDelta(state: ChatStreamState, index: number, delta: BlockDelta): ChatStep {
  switch (delta.kind) {
    case "text":
      return addText(state, delta.text);
    case "thinking":
      if (delta.thinking === "") return tell(state, []);
      return tell(extendThinking(state, index, delta.thinking, ""), [{ reasoning_content: delta.thinking }]);
    case "signature":
      return tell(extendThinking(state, index, "", delta.signature), []);
    case "input-json":
      return addInput(state, index, delta.json);
    case "citation":
      return addCitation(state, index, delta.citation);
    case "other":
      return tell(state, []);
  }
}

function addText(state: ChatStreamState, text: string): ChatStep {
  if (text === "") return tell(state, []);
  return tell({ ...state, textLength: state.textLength + text.length }, [{ content: text }]);
}

/** Input of a client's tool only: a server's tool runs at the provider. */
function addInput(state: ChatStreamState, index: number, json: string): ChatStep {
  const opened = state.open[index];
  if (opened?.block["type"] !== "tool_use" || json === "") return tell(state, []);
  const next = { ...state, open: { ...state.open, [index]: { ...opened, hasInput: true } } };
  return tell(next, [argumentsDelta(opened, json)]);
}

function addCitation(state: ChatStreamState, index: number, citation: JsonObject): ChatStep {
  const opened = state.open[index];
  if (opened === undefined) return tell(state, annotationDeltas([citation], state.textLength, state.textLength));
  const cited = { ...opened, citations: [...opened.citations, citation] };
  return tell({ ...state, open: { ...state.open, [index]: cited } }, []);
}

function extendThinking(state: ChatStreamState, index: number, thinking: string, signature: string): ChatStreamState {
  const opened = state.open[index];
  if (opened === undefined) return state;
  const extended = { ...opened, thinking: opened.thinking + thinking, signature: opened.signature + signature };
  return { ...state, open: { ...state.open, [index]: extended } };
}

function stopBlock(state: ChatStreamState, index: number, provider: string): ChatStep {
  const { [index]: opened, ...open } = state.open;
  const next = { ...state, open };
  if (opened === undefined) return tell(next, []);
  if (opened.block["type"] === "thinking") return tell(next, thinkingDeltas(opened, index, provider));
  if (opened.block["type"] === "tool_use" && !opened.hasInput) {
    // No delta came: the input stood in the block's start, or there is none, which is `{}` here.
    return tell(next, [argumentsDelta(opened, JSON.stringify(toJsonObject(opened.block["input"])))]);
  }
  return tell(next, annotationDeltas(opened.citations, opened.textStart, state.textLength));
}

/** Text and signature in one piece: clients that keep only the last piece of a list keep a block whole. */
function thinkingDeltas({ thinking, signature }: OpenBlock, index: number, provider: string): JsonObject[] {
  if (signature === "") return [];
  return [{ reasoning_details: [thinkingDetail(index, provider, thinking, signature)] }];
}

function argumentsDelta(opened: OpenBlock, json: string): JsonObject {
  return { tool_calls: [{ index: opened.toolIndex, function: { arguments: json } }] };
}

function annotationDeltas(citations: readonly JsonObject[], start: number, end: number): JsonObject[] {
  const annotations = toAnnotations(citations, { start, end });
  return annotations.length === 0 ? [] : [{ annotations }];
}

function refusalDeltas(delta: JsonObject): JsonObject[] {
  const refusal = refusalOf(delta);
  return refusal === null ? [] : [{ refusal }];
}

function tell(state: ChatStreamState, deltas: readonly JsonObject[]): ChatStep {
  return { state, outputs: deltas.map((delta) => ({ kind: "delta", delta })) };
}
