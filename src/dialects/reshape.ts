/**
 * A finished answer in its other shape: a stream as the whole document, a whole document as a stream. Within one dialect;
 * from one dialect to another leads translation.
 */
import type { Dialect } from "../core/dialect.ts";
import type { JsonObject } from "../core/json/json.ts";
import { isJsonObject, parseJson } from "../core/json/json.ts";
import type { StreamedError } from "./answer-facts.ts";
import { readAnthropicEvent } from "./anthropic-messages/events.ts";
import { emptyFactsState, reduceFacts } from "./anthropic-messages/facts.ts";
import { emptyAnthropicFold, foldAnthropicEvent, foldedAnthropicMessage } from "./anthropic-messages/fold.ts";
import { unfoldAnthropicMessage } from "./anthropic-messages/unfold.ts";
import { OpenaiChatFold } from "./openai-chat/fold.ts";
import { unfoldChatCompletion } from "./openai-chat/unfold.ts";
import { SseReader } from "./sse.ts";

/** What a stream comes to. */
export interface FoldedStream {
  /** Null where it did not come to its end, or a fold cannot tell it (several choices, audio). */
  readonly whole: JsonObject | null;
  /** The error in it, `garbledPayload` where a part of it is no JSON: there is no whole document then. */
  readonly error: StreamedError | null;
  /** Whether it came to its end. */
  readonly isComplete: boolean;
}

/** The whole document of a stream, or the error that stands in its place. */
export function foldStream(dialect: Dialect, stream: Uint8Array): FoldedStream {
  return dialect === "anthropic-messages" ? foldMessage(stream) : foldCompletion(stream);
}

/** The stream of a whole document; null for bytes that are none. `asksUsage`: see unfoldChatCompletion. */
export function streamOfWhole(dialect: Dialect, whole: Uint8Array, asksUsage: boolean): string | null {
  const body = parseJson(Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString());
  if (!isJsonObject(body)) return null;
  return dialect === "anthropic-messages" ? unfoldAnthropicMessage(body) : unfoldChatCompletion(body, asksUsage);
}

function foldMessage(stream: Uint8Array): FoldedStream {
  let fold = emptyAnthropicFold;
  let state = emptyFactsState;
  const reader = new SseReader((data, name) => {
    const event = readAnthropicEvent(data, name);
    state = reduceFacts(state, event);
    fold = foldAnthropicEvent(fold, event);
  });
  reader.push(stream);
  reader.end();
  const { error, isComplete } = state.facts;
  const message = foldedAnthropicMessage(fold);
  const isWhole = error === null && (message?.["stop_reason"] ?? null) !== null;
  return { whole: isWhole ? message : null, error, isComplete };
}

function foldCompletion(stream: Uint8Array): FoldedStream {
  const fold = new OpenaiChatFold();
  fold.push(stream);
  fold.end();
  const { error, isComplete } = fold.facts();
  return { whole: fold.answer(), error, isComplete };
}
