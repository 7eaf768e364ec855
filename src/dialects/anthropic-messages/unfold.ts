/**
 * Unfolds a whole message into the stream that the same call would have answered with streaming: for answers that were
 * kept whole. Folding the stream again gives the message. https://docs.anthropic.com/en/api/messages-streaming
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { formatSseEvent } from "../sse.ts";

/** The events of `message`, as text. */
export function unfoldAnthropicMessage(message: JsonObject): string {
  const { content, usage, stop_reason, stop_sequence, stop_details, ...head } = message;
  const counts = toJsonObject(usage);
  const start = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    // What was written shows at the end, as in a stream that is just being written.
    usage: counts["output_tokens"] === undefined ? counts : { ...counts, output_tokens: 0 },
  };
  const delta: JsonObject = {
    stop_reason: stop_reason ?? null,
    stop_sequence: stop_sequence ?? null,
    ...(stop_details === undefined ? {} : { stop_details }),
  };
  return [
    event("message_start", { message: start }),
    ...toJsonArray(content).filter(isJsonObject).map(unfoldBlock),
    event("message_delta", { delta, usage: counts }),
    event("message_stop", {}),
  ].join("");
}

function unfoldBlock(block: JsonObject, index: number): string {
  const { start, deltas } = partsOf(block);
  return [
    event("content_block_start", { index, content_block: start }),
    ...deltas.map((delta) => event("content_block_delta", { index, delta })),
    event("content_block_stop", { index }),
  ].join("");
}

interface BlockParts {
  readonly start: JsonObject;
  readonly deltas: readonly JsonObject[];
}

/** Blocks of a kind that streams in pieces begin empty; all others come at once. */
function partsOf(block: JsonObject): BlockParts {
  switch (block["type"]) {
    case "text":
      return textParts(block);
    case "thinking":
      return thinkingParts(block);
    default:
      return isJsonObject(block["input"]) ? inputParts(block, block["input"]) : { start: block, deltas: [] };
  }
}

function textParts(block: JsonObject): BlockParts {
  const { text, citations, ...rest } = block;
  const cited = toJsonArray(citations).map((citation) => ({ type: "citations_delta", citation }));
  const start = {
    ...rest,
    text: "",
    ...(citations === undefined ? {} : { citations: Array.isArray(citations) ? [] : citations }),
  };
  return { start, deltas: [...cited, ...pieceOf("text_delta", "text", text)] };
}

function thinkingParts(block: JsonObject): BlockParts {
  const { thinking, signature, ...rest } = block;
  const start = { ...rest, thinking: "", ...(signature === undefined ? {} : { signature: "" }) };
  const deltas = [
    ...pieceOf("thinking_delta", "thinking", thinking),
    ...pieceOf("signature_delta", "signature", signature),
  ];
  return { start, deltas };
}

function inputParts(block: JsonObject, input: JsonObject): BlockParts {
  const json = Object.keys(input).length === 0 ? "" : JSON.stringify(input);
  return { start: { ...block, input: {} }, deltas: pieceOf("input_json_delta", "partial_json", json) };
}

function pieceOf(type: string, field: string, text: unknown): JsonObject[] {
  return typeof text === "string" && text !== "" ? [{ type, [field]: text }] : [];
}

function event(type: string, data: JsonObject): string {
  return formatSseEvent(type, JSON.stringify({ type, ...data }));
}
