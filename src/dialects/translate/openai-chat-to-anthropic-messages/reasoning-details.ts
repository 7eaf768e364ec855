/**
 * Thinking blocks as `reasoning_details`, in the form that OpenRouter made common
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens), and back.
 *
 * Anthropic wants thinking back with its signature, unchanged, in a tool loop. A client that returns the
 * message as it came keeps the chain; one that drops the field loses only the thinking. A detail names the
 * provider that signed it: no other could check the signature.
 */
import { isJsonObject, toJsonArray, toText } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";

const format = "anthropic-claude-v1";

/** A thinking block, whole. */
export function thinkingDetail(index: number, provider: string, text: string, signature: string): JsonObject {
  return { type: "reasoning.text", text, signature, format, provider, index };
}

/** A redacted thinking block. */
export function redactedDetail(index: number, provider: string, data: string): JsonObject {
  return { type: "reasoning.encrypted", data, format, provider, index };
}

/** The details of a whole message's thinking blocks; none of what is not signed, as nobody would take it back. */
export function detailsOfBlocks(blocks: readonly JsonObject[], provider: string): JsonObject[] {
  return blocks.flatMap((block, index) => {
    if (block["type"] === "redacted_thinking") return [redactedDetail(index, provider, toText(block["data"]))];
    if (block["type"] !== "thinking" || toText(block["signature"]) === "") return [];
    return [thinkingDetail(index, provider, toText(block["thinking"]), toText(block["signature"]))];
  });
}

/**
 * The thinking blocks that `provider` signed. Pieces of one index belong together, as other gateways
 * stream them; what has no signature is left out, because the API refuses it.
 */
export function blocksOfDetails(details: unknown, provider: string): JsonObject[] {
  const blocks = new Map<string, JsonObject>();
  for (const detail of toJsonArray(details).filter(isJsonObject)) {
    if (detail["provider"] !== undefined && detail["provider"] !== provider) continue;
    const key = JSON.stringify(detail["index"] ?? blocks.size);
    const block = addDetail(blocks.get(key), detail);
    if (block !== null) blocks.set(key, block);
  }
  return [...blocks.values()].filter((block) => block["type"] !== "thinking" || toText(block["signature"]) !== "");
}

function addDetail(block: JsonObject | undefined, detail: JsonObject): JsonObject | null {
  if (detail["type"] === "reasoning.encrypted") return { type: "redacted_thinking", data: toText(detail["data"]) };
  if (detail["type"] !== "reasoning.text") return null;
  return {
    type: "thinking",
    thinking: toText(block?.["thinking"]) + toText(detail["text"]),
    signature: toText(block?.["signature"]) + toText(detail["signature"]),
  };
}
