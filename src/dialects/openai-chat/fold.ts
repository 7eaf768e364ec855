/**
 * A stream of chunks folded into the whole `chat.completion` that its provider would have sent: for recording and
 * for the answer cache.
 */
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { AnswerFacts } from "../answer-facts.ts";
import { SseReader } from "../sse.ts";
import { ChatReader } from "./events.ts";
import type { ChatEvent } from "./events.ts";
import { ChatFacts } from "./facts.ts";

interface FoldedCall {
  id: string | null;
  name: string;
  argumentsText: string;
  thoughtSignature: string | null;
}

/** All of an answer that is told by events. */
interface Folded {
  head: JsonObject;
  text: string;
  refusal: string;
  readonly reasoning: Record<string, string>;
  readonly details: JsonValue[];
  readonly calls: FoldedCall[];
  isLegacyCall: boolean;
  usage: JsonObject | null;
  hasUntold: boolean;
}

/** A fold of one stream. */
export class OpenaiChatFold {
  readonly #facts = new ChatFacts();
  readonly #folded: Folded = {
    head: {},
    text: "",
    refusal: "",
    reasoning: {},
    details: [],
    calls: [],
    isLegacyCall: false,
    usage: null,
    hasUntold: false,
  };
  readonly #chat = new ChatReader((event) => {
    this.#facts.read(event);
    foldEvent(this.#folded, event);
  });
  readonly #sse = new SseReader((data, name) => this.#chat.readPayload(data, name));

  /** A piece of the stream. */
  push(chunk: Uint8Array): void {
    this.#sse.push(chunk);
  }

  /** The stream is over. */
  end(): void {
    this.#sse.end();
  }

  facts(): AnswerFacts {
    return this.#facts.facts();
  }

  /** The whole answer; null where it did not end well, or holds what a fold cannot tell (several choices, audio). */
  answer(): JsonObject | null {
    const { isComplete, stopReason } = this.#facts.facts();
    if (!isComplete || stopReason === null || this.#folded.hasUntold || this.#sse.isOverflown()) return null;
    return toCompletion(this.#folded, stopReason);
  }
}

function foldEvent(folded: Folded, event: ChatEvent): void {
  switch (event.kind) {
    case "start":
      folded.head = event.head;
      return;
    case "text":
      folded.text += event.text;
      return;
    case "refusal":
      folded.refusal += event.text;
      return;
    case "reasoning":
      folded.reasoning[event.field] = (folded.reasoning[event.field] ?? "") + event.text;
      return;
    case "reasoning-details":
      folded.details.push(...event.details);
      return;
    case "tool-call":
      folded.isLegacyCall = event.isLegacy;
      foldCall(folded.calls, event);
      return;
    case "usage":
      folded.usage = event.raw;
      return;
    case "untold":
      folded.hasUntold = true;
      return;
    case "finish":
    case "error":
    case "garbled":
    case "done":
  }
}

function foldCall(calls: FoldedCall[], piece: Extract<ChatEvent, { kind: "tool-call" }>): void {
  const call = (calls[piece.call] ??= { id: null, name: "", argumentsText: "", thoughtSignature: null });
  call.id ??= piece.id;
  call.name ||= piece.name ?? "";
  call.argumentsText = (piece.isReplacing ? "" : call.argumentsText) + piece.argumentsText;
  call.thoughtSignature ??= piece.thoughtSignature;
}

function toCompletion(folded: Folded, finishReason: string): JsonObject {
  const { head, usage } = folded;
  const { id, created, model, system_fingerprint, service_tier } = head;
  return {
    ...(id !== undefined && { id }),
    object: "chat.completion",
    ...(created !== undefined && { created }),
    ...(model !== undefined && { model }),
    ...(system_fingerprint !== undefined && { system_fingerprint }),
    ...(service_tier !== undefined && { service_tier }),
    choices: [{ index: 0, message: toMessage(folded), finish_reason: finishReason, logprobs: null }],
    ...(usage !== null && { usage }),
  };
}

function toMessage(folded: Folded): JsonObject {
  const { text, refusal, calls, isLegacyCall, details } = folded;
  // Mistral's reasoning stood in the content; the usual field says the same to every reader.
  const { content: fromContent, ...reasoning } = folded.reasoning;
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    refusal: refusal === "" ? null : refusal,
    ...(fromContent !== undefined && { reasoning_content: fromContent }),
    ...reasoning,
    ...(details.length > 0 && { reasoning_details: details }),
    ...(isLegacyCall && { function_call: { name: calls[0]!.name, arguments: calls[0]!.argumentsText } }),
    ...(calls.length > 0 && !isLegacyCall && { tool_calls: calls.map(toToolCall) }),
  };
}

function toToolCall({ id, name, argumentsText, thoughtSignature }: FoldedCall, position: number): JsonObject {
  return {
    id: id ?? `call_${position}`,
    type: "function",
    function: { name, arguments: argumentsText },
    ...(thoughtSignature !== null && { extra_content: { google: { thought_signature: thoughtSignature } } }),
  };
}
