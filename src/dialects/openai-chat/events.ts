/**
 * An answer of the OpenAI dialect as events, whatever way its provider tells it.
 *
 * A whole `chat.completion` is read like a stream of one chunk, so streamed and whole answers cannot differ.
 * Only the first choice is read: nobody here asks for more.
 */
import { isJsonObject, toJsonArray, toJsonObject, toTextOrNull } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { Usage } from "../../core/usage.ts";
import type { StreamedError } from "../answer-facts.ts";
import { readChoiceError, readErrorOfName, readPayloadError } from "./errors.ts";
import { unframed } from "../sse.ts";
import { ToolCallReader } from "./tool-calls.ts";
import type { ToolCallPiece } from "./tool-calls.ts";
import { toUsage } from "./usage.ts";

/** Where a provider puts its reasoning; `content`: as parts of the content (Mistral). */
export type ReasoningField = "reasoning_content" | "reasoning" | "content";

export type ChatEvent =
  /** The first payload of an answer; `head` is all of it. */
  | { readonly kind: "start"; readonly head: JsonObject }
  | { readonly kind: "reasoning"; readonly text: string; readonly field: ReasoningField }
  /** OpenRouter's structured reasoning, beside its text. */
  | { readonly kind: "reasoning-details"; readonly details: readonly JsonValue[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refusal"; readonly text: string }
  /** `isLegacy`: told as `function_call`, the form before `tool_calls`. */
  | ({ readonly kind: "tool-call"; readonly isLegacy: boolean } & ToolCallPiece)
  /** `stopSequence`: the one that was met, where the server says so (vLLM). */
  | { readonly kind: "finish"; readonly reason: string; readonly stopSequence: string | null }
  /** `serviceTier`: what the chunk says of it; null for nothing. */
  | { readonly kind: "usage"; readonly usage: Usage; readonly raw: JsonObject; readonly serviceTier: string | null }
  /** Something that these events do not tell: another choice, log probabilities, annotations, audio, images. */
  | { readonly kind: "untold" }
  | { readonly kind: "error"; readonly error: StreamedError }
  /** A payload that is no JSON. */
  | { readonly kind: "garbled" }
  /** `[DONE]`. */
  | { readonly kind: "done" };

export type ChatListener = (event: ChatEvent) => void;

/** A reader of one answer, which tells its events in order: reasoning, text, calls, finish, usage of each chunk. */
export class ChatReader {
  readonly #emit: ChatListener;
  readonly #readCalls: ReturnType<typeof createCallsReader>;
  #isStarted = false;
  #isFinished = false;

  constructor(emit: ChatListener) {
    this.#emit = emit;
    this.#readCalls = createCallsReader(emit);
  }

  /** One data payload of a stream, and the name of its event. */
  readPayload(data: string, name = ""): void {
    const error = readErrorOfName(name, data);
    if (error !== null) this.#emit({ kind: "error", error });
    if (error !== null || name === unframed) return;
    const payload = parsePayload(data);
    if (payload === "done") this.#emit({ kind: "done" });
    else if (payload === "garbled") this.#readGarbled(data);
    else if (payload !== null) this.readChunk(payload);
  }

  /** A chunk, or a whole `chat.completion`. */
  readChunk(chunk: JsonObject): void {
    const error = readPayloadError(chunk);
    if (error !== null) {
      this.#emit({ kind: "error", error });
      return;
    }
    if (!this.#isStarted && chunk["choices"] !== undefined) {
      this.#isStarted = true;
      this.#emit({ kind: "start", head: chunk });
    }
    const choice = firstChoice(chunk, this.#emit);
    if (choice !== undefined) this.#readChoice(choice);
    readUsage(chunk, choice, this.#emit);
  }

  #readChoice(choice: JsonObject): void {
    const emit = this.#emit;
    const isWhole = choice["delta"] === undefined;
    const delta = choice["delta"] ?? choice["message"];
    if (isJsonObject(delta)) {
      readReasoning(delta, emit);
      readContent(delta, emit);
      this.#readCalls(delta, isWhole);
    }
    if (isUntold(choice, delta)) emit({ kind: "untold" });
    // A `stop` behind another reason says less: some servers end each stream with it.
    if (!this.#isFinished || choice["finish_reason"] !== "stop") {
      this.#isFinished = readFinish(choice, emit) || this.#isFinished;
    }
  }

  #readGarbled(data: string): void {
    // Servers that end an event with one line feed: their payloads come joined.
    const lines = data.split("\n").filter((line) => line.trim() !== "");
    if (lines.length > 1) for (const line of lines) this.readPayload(line);
    else this.#emit({ kind: "garbled" });
  }
}

/** A payload's object; null for one without meaning: empty, or a word that some proxies send as a sign of life. */
function parsePayload(data: string): JsonObject | "done" | "garbled" | null {
  const first = data.trimStart()[0];
  if (first !== "{" && first !== "[") return data.includes("\n") ? "garbled" : null;
  if (data.trim() === "[DONE]") return "done";
  try {
    const value = JSON.parse(data) as JsonValue;
    // Gemini sends its errors as a list of one.
    const object = Array.isArray(value) ? value[0] : value;
    return isJsonObject(object) ? object : null;
  } catch {
    return "garbled";
  }
}

function firstChoice(chunk: JsonObject, emit: ChatListener): JsonObject | undefined {
  let first: JsonObject | undefined;
  for (const choice of toJsonArray(chunk["choices"])) {
    if (!isJsonObject(choice)) continue;
    if (Number(choice["index"] ?? 0) !== 0) emit({ kind: "untold" });
    else first ??= choice;
  }
  return first;
}

function readUsage(chunk: JsonObject, choice: JsonObject | undefined, emit: ChatListener): void {
  // Groq's older place, and Moonshot's, which is the choice.
  const raw = chunk["usage"] ?? toJsonObject(chunk["x_groq"])["usage"] ?? choice?.["usage"];
  const usage = toUsage(raw);
  if (usage === null) return;
  const tier = chunk["service_tier"];
  emit({ kind: "usage", usage, raw: toJsonObject(raw), serviceTier: toTextOrNull(tier) });
}

function readReasoning(delta: JsonObject, emit: ChatListener): void {
  const field = reasoningText(delta["reasoning_content"]) === "" ? "reasoning" : "reasoning_content";
  const details = delta["reasoning_details"];
  const text = reasoningText(delta[field]) || (Array.isArray(details) ? detailsText(details) : "");
  if (text !== "") emit({ kind: "reasoning", text, field });
  if (Array.isArray(details) && details.length > 0) emit({ kind: "reasoning-details", details });
}

function reasoningText(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  const text = isJsonObject(value) ? value["text"] : undefined;
  return typeof text === "string" ? text : "";
}

function detailsText(details: readonly JsonValue[]): string {
  return details
    .map((detail) => toJsonObject(detail))
    .map((detail) => detail["text"] ?? detail["summary"])
    .filter((text) => typeof text === "string")
    .join("");
}

/** Reads the calls of each delta, or of a whole message, in either form. */
function createCallsReader(emit: ChatListener): (delta: JsonObject, isWhole: boolean) => void {
  const toolCalls = new ToolCallReader();
  let hasCall = false;
  let hasLegacyCall = false;
  return (delta, isWhole) => {
    toJsonArray(delta["tool_calls"]).forEach((entry, i) => {
      if (!isJsonObject(entry)) return;
      hasCall = true;
      emit({ kind: "tool-call", isLegacy: false, ...toolCalls.read(entry, isWhole ? i : null) });
    });
    const legacy = delta["function_call"];
    // Servers that say a call in both forms mean one.
    if (hasCall || !isJsonObject(legacy)) return;
    const name = legacy["name"];
    hasLegacyCall ||= typeof name === "string" && name !== "";
    if (hasLegacyCall) emit({ kind: "tool-call", isLegacy: true, ...toolCalls.read({ function: legacy }, 0) });
  };
}

function readContent(delta: JsonObject, emit: ChatListener): void {
  const content = delta["content"];
  if (typeof content === "string") {
    if (content !== "") emit({ kind: "text", text: content });
  } else if (Array.isArray(content)) readContentParts(content, emit);
  const refusal = delta["refusal"];
  if (typeof refusal === "string" && refusal !== "") emit({ kind: "refusal", text: refusal });
}

/** Mistral's content: `{type: "text", text}` and `{type: "thinking", thinking: [{type: "text", text}]}`. */
function readContentParts(parts: readonly JsonValue[], emit: ChatListener): void {
  for (const part of parts) {
    if (!isJsonObject(part)) continue;
    const text = part["text"];
    if (typeof text === "string" && text !== "") emit({ kind: "text", text });
    const thinking = part["thinking"];
    const reasoning = typeof thinking === "string" ? thinking : detailsText(toJsonArray(thinking));
    if (reasoning !== "") emit({ kind: "reasoning", text: reasoning, field: "content" });
  }
}

function isUntold(choice: JsonObject, delta: JsonValue | undefined): boolean {
  if ((choice["logprobs"] ?? null) !== null) return true;
  const fields = toJsonObject(delta);
  return ["annotations", "audio", "images"].some((field) => {
    const value = fields[field] ?? null;
    return value !== null && !(Array.isArray(value) && value.length === 0);
  });
}

/** What chunks before the last one say in place of null: gateways before Alibaba's native API pass its word for it on. */
const noReasons: ReadonlySet<string> = new Set(["", "null"]);

/** Says whether the choice has a finish reason, or an error in its place. */
function readFinish(choice: JsonObject, emit: ChatListener): boolean {
  const error = readChoiceError(choice);
  const reason = choice["finish_reason"];
  if (error !== null) emit({ kind: "error", error });
  else if (typeof reason === "string" && !noReasons.has(reason)) {
    const stop = choice["stop_reason"];
    emit({ kind: "finish", reason, stopSequence: toTextOrNull(stop) });
  } else return false;
  return true;
}
