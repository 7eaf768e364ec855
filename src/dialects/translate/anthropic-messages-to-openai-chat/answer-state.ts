/**
 * An answer in the making: one small reducer for each kind of event, over one state.
 *
 * The same reducers serve streamed and whole answers; only the sink of the blocks differs.
 */
import type { JsonObject } from "../../../core/json/json.ts";
import type { AnswerFacts } from "../../answer-facts.ts";
import { foldToolChanges } from "../../anthropic-messages/fold-tool-changes.ts";
import { ChatFacts } from "../../openai-chat/facts.ts";
import type { ChatEvent } from "../../openai-chat/events.ts";
import { isWholeObject } from "../../openai-chat/tool-calls.ts";
import type { AnswerContext } from "../../translation.ts";
import type { BlockSink } from "./block-sink.ts";
import {
  addProse,
  addReasoningDetails,
  addTool,
  addToolArguments,
  addToolSignature,
  createBlockState,
} from "./blocks.ts";
import type { BlockState, ToolBlock } from "./blocks.ts";
import { metStopSequence, toStopReason } from "./stop-reason.ts";
import { toClientToolCallId, toolUseIds } from "../../openai-chat/fit/tool-call-ids.ts";
import { createToolNameReader } from "./tool-names.ts";
import { usageFor } from "./usage.ts";

interface Call {
  readonly id: string;
  /** null until the call's name is known. */
  block: ToolBlock | null;
  argumentsText: string;
}

export interface AnswerState {
  readonly context: AnswerContext;
  readonly blocks: BlockState;
  readonly facts: ChatFacts;
  readonly calls: Call[];
  readonly toolName: (name: string) => string;
  /** Ids of calls in the conversation so far; null until one is to be told from them. */
  earlierIds: ReadonlySet<string> | null;
  finishReason: string | null;
  stopSequence: string | null;
  hasRefusal: boolean;
  isDone: boolean;
}

/** The state before the first event. */
export function createAnswerState(context: AnswerContext, sink: BlockSink): AnswerState {
  return {
    context,
    blocks: createBlockState(context.traits.target.provider, sink),
    facts: new ChatFacts(),
    calls: [],
    toolName: createToolNameReader(foldToolChanges(context.request)),
    earlierIds: null,
    finishReason: null,
    stopSequence: null,
    hasRefusal: false,
    isDone: false,
  };
}

type Reducers = {
  readonly [K in ChatEvent["kind"]]?: (state: AnswerState, event: Extract<ChatEvent, { kind: K }>) => void;
};

/** Kinds that are missing here matter to the facts alone. */
const reducers: Reducers = {
  text: (state, event) => addProse(state.blocks, "text", event.text),
  refusal: (state, event) => {
    state.hasRefusal = true;
    addProse(state.blocks, "text", event.text);
  },
  reasoning: (state, event) => addProse(state.blocks, "thinking", event.text),
  "reasoning-details": (state, event) => addReasoningDetails(state.blocks, event.details),
  "tool-call": reduceToolCall,
  finish: (state, event) => {
    state.finishReason = event.reason;
    state.stopSequence = metStopSequence(event.stopSequence, state.context.request["stop_sequences"]);
  },
  done: (state) => {
    state.isDone = true;
  },
};

/** Takes one event in. */
export function reduceAnswer(state: AnswerState, event: ChatEvent): void {
  state.facts.read(event);
  const reducer = reducers[event.kind] as ((state: AnswerState, event: ChatEvent) => void) | undefined;
  reducer?.(state, event);
}

function reduceToolCall(state: AnswerState, piece: Extract<ChatEvent, { kind: "tool-call" }>): void {
  const { blocks, calls } = state;
  const call = (calls[piece.call] ??= { id: toUniqueId(state, piece.id, piece.call), block: null, argumentsText: "" });
  call.argumentsText = (piece.isReplacing ? "" : call.argumentsText) + piece.argumentsText;
  if (piece.thoughtSignature !== null) addToolSignature(blocks, call.id, piece.thoughtSignature);
  if (call.block !== null) addToolArguments(blocks, call.block, piece.argumentsText, piece.isReplacing);
  else if (piece.name !== null) openCall(state, call, state.toolName(piece.name));
}

function openCall(state: AnswerState, call: Call, name: string): void {
  call.block = addTool(state.blocks, call.id, name);
  addToolArguments(state.blocks, call.block, call.argumentsText);
}

/** Gives a call that never got a name the only one that it can have; says whether that did it. */
export function nameNamelessCalls(state: AnswerState): boolean {
  const nameless = state.calls.filter((call) => call.block === null);
  if (nameless.length === 0) return true;
  const { tools } = foldToolChanges(state.context.request);
  const only = Array.isArray(tools) && tools.length === 1 ? tools[0] : undefined;
  const name = typeof only === "object" && only !== null && !Array.isArray(only) ? only["name"] : undefined;
  if (typeof name !== "string") return false;
  for (const call of nameless) openCall(state, call, name);
  return true;
}

/**
 * An id for the client: the provider's where it can be, else one of our own. Some providers count anew in each turn, others
 * draw from a few thousand; clients take a repeated id for the earlier call.
 */
function toUniqueId(state: AnswerState, id: string | null, number: number): string {
  const { callId, traits, request } = state.context;
  state.earlierIds ??= toolUseIds(request["messages"]);
  const own = id === null ? null : toClientToolCallId(id, traits.target.provider);
  const isNew = own !== null && !state.earlierIds.has(own) && state.calls.every((call) => call.id !== own);
  if (isNew) return own;
  return `call_${callId.replaceAll(/[^a-zA-Z0-9]/g, "")}_${number}`;
}

/** Whether the answer may count as ended: by a finish reason, or by `[DONE]` with something said, and nothing half said. */
export function isEnded(state: AnswerState): boolean {
  if (state.finishReason !== null) return true;
  const isWhole = state.calls.every(({ argumentsText }) => argumentsText === "" || isWholeObject(argumentsText));
  const { nextIndex, open } = state.blocks;
  const isSaid = nextIndex > 0 || open !== null || state.calls.length > 0;
  return state.isDone && isSaid && isWhole;
}

/** The `message` of message_start and, without its blocks and end, of a whole answer. */
export function toMessageHead(state: AnswerState): JsonObject {
  const { context, facts } = state;
  const { usage } = facts.facts();
  return {
    // Not the provider's id: Ollama draws it from 999, others have but one. Claude Code takes two answers of one id in a
    // tool loop for a single answer, and sends the calls of both in the place of the first.
    id: `msg_${context.callId}`,
    type: "message",
    role: "assistant",
    model: context.askedModel,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: usageFor(usage, context.estimatedInputTokens, 0),
  };
}

/** How the answer ended, in Anthropic's words. */
export function toMessageEnd(state: AnswerState): {
  stopReason: string;
  stopSequence: string | null;
  usage: JsonObject;
} {
  const { context, stopSequence, hasRefusal } = state;
  const { usage, outputCharacters } = state.facts.facts();
  const stopReason = toStopReason({
    reason: state.finishReason,
    hasToolCalls: state.calls.length > 0,
    hasRefusal,
    stopSequence,
  });
  return {
    stopReason,
    stopSequence: stopReason === "stop_sequence" ? stopSequence : null,
    usage: usageFor(usage, context.estimatedInputTokens, outputCharacters),
  };
}

/** The facts, with tool calls as the client sees them. */
export function toAnswerFacts(state: AnswerState): AnswerFacts {
  const named = state.calls.flatMap(({ id, block }) => (block === null ? [] : [{ id, name: block.name }]));
  return state.facts.facts(named);
}
