/**
 * The content blocks of an answer on their way to the client: one open at a time, in order, none empty.
 *
 * OpenAI's chunks may go on with a tool call after text or another call has begun; Anthropic's blocks cannot. The
 * first block streams as it comes. One that begins while an unfinished tool call is open waits, and what comes for it
 * is kept, until that call's arguments are whole or the answer ends. A call is never held back for any other reason.
 *
 * Text or thinking of white space alone opens no block: Anthropic refuses such blocks when they come back.
 */
import type { JsonValue } from "../../../core/json/json.ts";
import { GrowingJson } from "../../openai-chat/growing-json.ts";
import { isEmptyObject } from "../../openai-chat/tool-calls.ts";
import { formatThinkingEnvelope } from "../../thinking-envelope.ts";
import type { BlockSink } from "./block-sink.ts";
import { mergeDetails } from "./reasoning-details.ts";

/** What a thinking block carries for its provider, besides its text. */
interface Carried {
  details: JsonValue[];
  toolSignatures: Record<string, string>;
}

interface ProseBlock {
  readonly kind: "text" | "thinking";
  readonly carried: Carried;
  pending: string;
}

interface RedactedBlock {
  readonly kind: "redacted";
  readonly carried: Carried;
}

export interface ToolBlock {
  readonly kind: "tool";
  readonly id: string;
  readonly name: string;
  arguments: GrowingJson;
  /** Arguments that wait for the block's turn. */
  pending: string;
}

type Block = ProseBlock | RedactedBlock | ToolBlock;

/** All that is known of an answer's blocks at one moment. */
export interface BlockState {
  readonly provider: string;
  readonly sink: BlockSink;
  nextIndex: number;
  open: Block | null;
  readonly waiting: Block[];
  /** White space that a text or thinking block may yet begin with. */
  readonly held: Record<"text" | "thinking", string>;
  /** What no thinking block could take; it goes into a redacted_thinking block of its own. */
  carried: Carried;
}

/** No blocks yet. `provider`: whose reasoning this is. */
export function createBlockState(provider: string, sink: BlockSink): BlockState {
  const held = { text: "", thinking: "" };
  return { provider, sink, nextIndex: 0, open: null, waiting: [], held, carried: noCarried() };
}

/** More of the answer's text or thinking. */
export function addProse(state: BlockState, kind: "text" | "thinking", text: string): void {
  const last = lastBlock(state);
  if (last?.kind === kind) {
    if (last === state.open) state.sink.delta(kind, state.nextIndex, text);
    else last.pending += text;
    return;
  }
  const held = state.held[kind] + text;
  if (held.trim() === "") {
    state.held[kind] = held;
    return;
  }
  const block: ProseBlock = { kind, carried: noCarried(), pending: held };
  if (kind === "thinking") takeCarried(state, block);
  place(state, block);
}

/** Structured reasoning that the provider wants back. */
export function addReasoningDetails(state: BlockState, details: readonly JsonValue[]): void {
  const last = lastBlock(state);
  (last?.kind === "thinking" ? last.carried : state.carried).details.push(...details);
}

/**
 * A signature of a tool call, to come before its block. An open thinking block takes it along; else it gets a
 * redacted_thinking block: clients return both unchanged, and both may stand before a tool_use.
 */
export function addToolSignature(state: BlockState, id: string, signature: string): void {
  const last = lastBlock(state);
  (last?.kind === "thinking" ? last.carried : state.carried).toolSignatures[id] = signature;
}

/** A tool call whose name and id are known. */
export function addTool(state: BlockState, id: string, name: string): ToolBlock {
  const block: ToolBlock = { kind: "tool", id, name, arguments: new GrowingJson(), pending: "" };
  place(state, block);
  return block;
}

/**
 * More of a call's arguments. An empty object says no more than none do, and others may yet come in its place: it is not
 * sent.
 */
export function addToolArguments(state: BlockState, block: ToolBlock, text: string, isReplacing = false): void {
  if (text === "") return;
  if (isReplacing) block.arguments = new GrowingJson();
  const before = block.arguments.text;
  block.arguments.add(text);
  const isSilent = isEmptyObject(block.arguments.text) && (before === "" || isEmptyObject(before));
  if (block !== state.open) {
    if (!isSilent) block.pending += text;
    return;
  }
  if (!isSilent) state.sink.delta("tool", state.nextIndex, text);
  if (state.waiting.length > 0) advance(state, false);
}

/** Opens and closes all that still waits: the answer is complete. */
export function endBlocks(state: BlockState): void {
  if (isCarrying(state.carried)) placeCarried(state);
  advance(state, true);
  if (state.open !== null) close(state);
}

function place(state: BlockState, block: Block): void {
  state.held.text = "";
  state.held.thinking = "";
  if (isCarrying(state.carried)) placeCarried(state);
  if (state.open !== null && state.waiting.length === 0 && isClosable(state.open)) close(state);
  if (state.open === null) open(state, block);
  else state.waiting.push(block);
}

function placeCarried(state: BlockState): void {
  const { carried } = state;
  state.carried = noCarried();
  place(state, { kind: "redacted", carried });
}

/** Lets waiting blocks have their turn, as far as the open one may close. */
function advance(state: BlockState, isForced: boolean): void {
  for (let next = state.waiting[0]; next !== undefined; next = state.waiting[0]) {
    if (state.open !== null) {
      if (!isForced && !isClosable(state.open)) return;
      close(state);
    }
    state.waiting.shift();
    open(state, next);
  }
}

function isClosable(block: Block): boolean {
  return block.kind !== "tool" || block.arguments.isWholeObject();
}

function open(state: BlockState, block: Block): void {
  const { sink, nextIndex } = state;
  state.open = block;
  if (block.kind === "redacted") {
    sink.startRedacted(nextIndex, envelopeOf(state, block.carried));
    return;
  }
  if (block.kind === "tool") sink.startTool(nextIndex, block.id, block.name);
  else sink.startProse(block.kind, nextIndex);
  if (block.pending !== "") sink.delta(block.kind, nextIndex, block.pending);
  block.pending = "";
}

function close(state: BlockState): void {
  const { open, nextIndex, sink } = state;
  if (open?.kind === "thinking") sink.sign(nextIndex, envelopeOf(state, open.carried));
  sink.stop(nextIndex);
  state.open = null;
  state.nextIndex += 1;
}

function lastBlock(state: BlockState): Block | null {
  return state.waiting.at(-1) ?? state.open;
}

function takeCarried(state: BlockState, block: ProseBlock): void {
  block.carried.details.push(...state.carried.details);
  Object.assign(block.carried.toolSignatures, state.carried.toolSignatures);
  state.carried = noCarried();
}

function noCarried(): Carried {
  return { details: [], toolSignatures: {} };
}

function isCarrying({ details, toolSignatures }: Carried): boolean {
  return details.length > 0 || Object.keys(toolSignatures).length > 0;
}

function envelopeOf({ provider }: BlockState, { details, toolSignatures }: Carried): string {
  return formatThinkingEnvelope({
    provider,
    ...(details.length > 0 && { details: mergeDetails(details) }),
    ...(Object.keys(toolSignatures).length > 0 && { toolSignatures }),
  });
}
