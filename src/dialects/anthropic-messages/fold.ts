/**
 * Folds a stream into the whole message that the same call would have answered without streaming: for
 * recordings, the answer cache and tests. It bears broken streams: a second `message_start` goes on with the
 * first message, a block index used again opens a new block.
 */
import { parseJson, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { AnthropicEvent, BlockDelta } from "./events.ts";
import { mergeAnthropicUsage } from "./usage.ts";

/** A message on its way. `open` leads from the stream's block index to the place in `blocks`. */
export interface AnthropicFold {
  readonly message: JsonObject | null;
  readonly blocks: readonly FoldedBlock[];
  readonly open: Readonly<Record<number, number>>;
  readonly usage: JsonObject;
}

/** A content block; `json` joins the pieces of its input. */
interface FoldedBlock {
  readonly block: JsonObject;
  readonly json: string;
}

export const emptyAnthropicFold: AnthropicFold = { message: null, blocks: [], open: {}, usage: {} };

/** The fold after `event`. */
export function foldAnthropicEvent(fold: AnthropicFold, event: AnthropicEvent): AnthropicFold {
  switch (event.kind) {
    case "message-start":
      return startMessage(fold, event.message);
    case "block-start":
      return startBlock(fold, event.index, event.block);
    case "block-delta":
      return addDelta(fold, event.index, event.delta);
    case "message-delta":
      return endMessage(fold, event.delta, event.usage);
    default:
      return fold;
  }
}

/** The whole message, null before its `message_start`. Input that is no JSON (a cut answer) folds to `{}`. */
export function foldedAnthropicMessage(fold: AnthropicFold): JsonObject | null {
  if (fold.message === null) return null;
  return { ...fold.message, content: fold.blocks.map(closeBlock), usage: fold.usage };
}

function startMessage(fold: AnthropicFold, message: JsonObject): AnthropicFold {
  const usage = mergeAnthropicUsage(fold.usage, toJsonObject(message["usage"]));
  return { ...fold, message: fold.message ?? message, usage };
}

function startBlock(fold: AnthropicFold, index: number, block: JsonObject): AnthropicFold {
  return {
    ...fold,
    blocks: [...fold.blocks, { block, json: "" }],
    open: { ...fold.open, [index]: fold.blocks.length },
  };
}

function addDelta(fold: AnthropicFold, index: number, delta: BlockDelta): AnthropicFold {
  const place = fold.open[index];
  const current = place === undefined ? undefined : fold.blocks[place];
  if (place === undefined || current === undefined) return fold;
  return { ...fold, blocks: fold.blocks.with(place, extendBlock(current, delta)) };
}

function extendBlock({ block, json }: FoldedBlock, delta: BlockDelta): FoldedBlock {
  switch (delta.kind) {
    case "text":
      return { block: { ...block, text: toText(block["text"]) + delta.text }, json };
    case "thinking":
      return { block: { ...block, thinking: toText(block["thinking"]) + delta.thinking }, json };
    case "signature":
      return { block: { ...block, signature: toText(block["signature"]) + delta.signature }, json };
    case "citation": {
      const citations = Array.isArray(block["citations"]) ? block["citations"] : [];
      return { block: { ...block, citations: [...citations, delta.citation] }, json };
    }
    case "input-json":
      return { block, json: json + delta.json };
    case "other":
      return { block: { ...block, ...withoutType(delta.delta) }, json };
  }
}

function endMessage(fold: AnthropicFold, delta: JsonObject, usage: JsonObject): AnthropicFold {
  return {
    ...fold,
    message: fold.message === null ? null : { ...fold.message, ...delta },
    usage: mergeAnthropicUsage(fold.usage, usage),
  };
}

function closeBlock({ block, json }: FoldedBlock): JsonObject {
  return json === "" ? block : { ...block, input: toJsonObject(parseJson(json)) };
}

function withoutType(delta: JsonObject): JsonObject {
  const { type: _type, ...rest } = delta;
  return rest;
}
