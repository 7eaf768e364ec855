/**
 * A finished answer in its other shape: a stream as the whole document, a whole document as a stream. Within one dialect;
 * from one dialect to another leads translation.
 */
import type { Dialect } from "../core/dialect.ts";
import type { JsonObject } from "../core/json.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import { readAnthropicEvent } from "./anthropic-messages/events.ts";
import { emptyAnthropicFold, foldAnthropicEvent, foldedAnthropicMessage } from "./anthropic-messages/fold.ts";
import { unfoldAnthropicMessage } from "./anthropic-messages/unfold.ts";
import { createOpenaiChatFold } from "./openai-chat/fold.ts";
import { unfoldChatCompletion } from "./openai-chat/unfold.ts";
import { createSseReader } from "./sse.ts";

/** The whole document of a stream; null where it did not come to its end, or a fold cannot tell it (several choices, audio). */
export function wholeOfStream(dialect: Dialect, stream: Uint8Array): JsonObject | null {
  return dialect === "anthropic-messages" ? wholeMessage(stream) : wholeCompletion(stream);
}

/** The stream of a whole document; null for bytes that are none. `asksUsage`: see unfoldChatCompletion. */
export function streamOfWhole(dialect: Dialect, whole: Uint8Array, asksUsage: boolean): string | null {
  const body = parseJson(Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString());
  if (!isJsonObject(body)) return null;
  return dialect === "anthropic-messages" ? unfoldAnthropicMessage(body) : unfoldChatCompletion(body, asksUsage);
}

function wholeMessage(stream: Uint8Array): JsonObject | null {
  let fold = emptyAnthropicFold;
  const reader = createSseReader((data) => {
    fold = foldAnthropicEvent(fold, readAnthropicEvent(data));
  });
  reader.push(stream);
  reader.end();
  const message = foldedAnthropicMessage(fold);
  return (message?.["stop_reason"] ?? null) === null ? null : message;
}

function wholeCompletion(stream: Uint8Array): JsonObject | null {
  const fold = createOpenaiChatFold();
  fold.push(stream);
  fold.end();
  return fold.answer();
}
