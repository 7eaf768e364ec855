/** An Anthropic stream as a stream of `chat.completion.chunk`: the writing side. */
import { GatewayError } from "../../../core/errors/errors.ts";
import type { ErrorCode } from "../../../core/errors/errors.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { garbledPayload } from "../../answer-facts.ts";
import type { AnswerFacts } from "../../answer-facts.ts";
import { readAnthropicEvent } from "../../anthropic-messages/events.ts";
import type { AnthropicEvent } from "../../anthropic-messages/events.ts";
import { StreamExcerpt } from "../../anthropic-messages/excerpt.ts";
import { renderStreamError } from "../../errors/render-error.ts";
import { toToldError } from "../../streamed-error.ts";
import { asksForUsage } from "../../openai-chat/usage.ts";
import { SseReader, formatSseData } from "../../sse.ts";
import type { AnswerContext, StreamTranslator } from "../../translation.ts";
import { toChatUsage } from "./chat-usage.ts";
import { toFinishReason } from "./finish-reasons.ts";
import { emptyChatStreamState, reduceChatStream } from "./stream-state.ts";
import type { ChatOutput, ChatStreamState } from "./stream-state.ts";
import { createToolNameReader } from "./tool-names.ts";

/** A translator of one answer. After its end, or an error, it writes nothing more. */
export class ChatStream implements StreamTranslator {
  readonly #context: AnswerContext;
  readonly #reader: SseReader;
  readonly #toolName: ReturnType<typeof createToolNameReader>;
  #state: ChatStreamState = emptyChatStreamState;
  readonly #excerpt = new StreamExcerpt();
  #isEnded = false;
  #isFailed = false;
  /** The provider's stream is over: what comes now is its last event, cut or whole. */
  #isClosing = false;
  /** What was written since the last push. */
  #written = "";

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#toolName = createToolNameReader(context.request);
    this.#reader = new SseReader((data, name) => this.#read(data, name));
  }

  push(chunk: Uint8Array): string {
    this.#reader.push(chunk);
    if (this.#reader.isOverflown())
      this.#writeError("provider_bad_answer", "The provider sent an event too large to read.");
    return this.#take();
  }

  end(): string {
    this.#isClosing = true;
    this.#reader.end();
    // Where a stop reason came and only message_stop is missing, nothing of the answer is.
    if (!this.#isEnded && this.facts().isComplete) this.#finish();
    this.#writeError("provider_cut_answer", "The provider broke off in the middle of its answer.");
    return this.#take();
  }

  fail(error: GatewayError): string {
    // The answer was whole: only its trailer is missing.
    if (!this.#isEnded && this.facts().isComplete) this.#finish();
    this.#endWith(error);
    return this.#take();
  }

  hasFailed(): boolean {
    return this.#isFailed;
  }

  facts(): AnswerFacts {
    const { facts } = this.#state.facts;
    // A message_stop that does not say why is no end: the client gets an error for it.
    return { ...facts, isComplete: facts.isComplete && facts.stopReason !== null, excerpt: this.#excerpt };
  }

  #read(data: string, name: string): void {
    if (this.#isEnded) return;
    const event = this.#withOwnName(readAnthropicEvent(data, name));
    // A last payload cut in two is no error of its own: the stream broke off.
    if (event.kind === "malformed" && this.#isClosing) return;
    this.#excerpt.read(event);
    const step = reduceChatStream(this.#state, event, this.#context.traits.target.provider);
    this.#state = step.state;
    for (const output of step.outputs) this.#write(output);
    if (event.kind === "malformed" && !this.facts().isComplete)
      this.#writeError("provider_bad_answer", garbledPayload.message);
  }

  /** A call by the client's own name for its tool. */
  #withOwnName(event: AnthropicEvent): AnthropicEvent {
    if (event.kind !== "block-start" || event.block["type"] !== "tool_use") return event;
    return { ...event, block: { ...event.block, name: this.#toolName(event.block["name"]) } };
  }

  #write(output: ChatOutput): void {
    if (output.kind === "delta") this.#written += chunkText(this.#context, this.#answerId(), output.delta, null);
    else if (output.kind === "end") this.#finish();
    else this.#endWith(toToldError(output.error, this.#context.keyHolder));
  }

  /** The finish, the usage if it was asked for, and the end: only after a stop reason came. */
  #finish(): void {
    const { stopReason, toolCalls } = this.facts();
    if (stopReason === null) {
      this.#writeError("provider_cut_answer", "The provider ended its answer without saying why.");
      return;
    }
    this.#isEnded = true;
    this.#written += chunkText(this.#context, this.#answerId(), {}, toFinishReason(stopReason, toolCalls.length > 0));
    this.#written += usageText(this.#context, this.#answerId(), toChatUsage(this.#state.facts.counts));
    this.#written += formatSseData("[DONE]");
  }

  #writeError(code: ErrorCode, message: string): void {
    if (!this.#isEnded) this.#endWith(new GatewayError(code, message));
  }

  #endWith(error: GatewayError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#isFailed = true;
    this.#written += renderStreamError("openai-chat", error, this.#context.callId);
  }

  #answerId(): string {
    return this.facts().answerId ?? this.#context.callId;
  }

  #take(): string {
    const text = this.#written;
    this.#written = "";
    return text;
  }
}

function chunkText(context: AnswerContext, id: string, delta: JsonObject, finishReason: string | null): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  // With usage asked for, OpenAI sends `usage: null` on every chunk but the last.
  return formatSseData(
    JSON.stringify({ ...chunkHead(context, id), choices, ...(isUsageAsked(context) && { usage: null }) }),
  );
}

function usageText(context: AnswerContext, id: string, usage: JsonObject | null): string {
  if (usage === null || !isUsageAsked(context)) return "";
  return formatSseData(JSON.stringify({ ...chunkHead(context, id), choices: [], usage }));
}

function chunkHead(context: AnswerContext, id: string): JsonObject {
  return { id, object: "chat.completion.chunk", created: context.createdAtSeconds, model: context.askedModel };
}

function isUsageAsked(context: AnswerContext): boolean {
  return asksForUsage(context.request["stream_options"]);
}
