/**
 * A streamed answer: the provider's bytes in, Anthropic's events out.
 *
 * Nothing is sent before the answer has content or an end, so that a provider that fails at once may still be
 * replaced. An answer that breaks off ends in an error event, never in an end of our own making.
 */
import type { GatewayError } from "../../../core/errors/errors.ts";
import type { AnswerFacts } from "../../answer-facts.ts";
import { ChatReader } from "../../openai-chat/events.ts";
import type { ChatEvent } from "../../openai-chat/events.ts";
import { SseReader } from "../../sse.ts";
import type { AnswerContext, StreamTranslator } from "../../translation.ts";
import {
  createAnswerState,
  isEnded,
  nameNamelessCalls,
  reduceAnswer,
  toAnswerFacts,
  toMessageEnd,
  toMessageHead,
} from "./answer-state.ts";
import type { AnswerState } from "./answer-state.ts";
import { endBlocks } from "./blocks.ts";
import { fromGatewayError, fromStreamedError } from "./errors.ts";
import type { AnthropicError } from "./errors.ts";
import { SseSink } from "./sse-sink.ts";

/** A translator for one stream. */
export class AnthropicStream implements StreamTranslator {
  readonly #sink: SseSink;
  readonly #state: AnswerState;
  readonly #sse: SseReader;
  #isStarted = false;
  /** After the last event: nothing may follow. */
  #isOver = false;
  #isClosing = false;
  /** The provider put an error into its stream, or the client was sent one: nothing after it counts. */
  #isFailed = false;

  constructor(context: AnswerContext) {
    this.#sink = new SseSink(() => this.#start());
    this.#state = createAnswerState(context, this.#sink);
    const chat = new ChatReader((event) => this.#onEvent(event));
    this.#sse = new SseReader((data, name) => chat.readPayload(data, name));
  }

  push(chunk: Uint8Array): string {
    this.#sse.push(chunk);
    if (this.#sse.isOverflown()) this.#fail(apiError("The provider sent an event beyond all size."));
    return this.#sink.take();
  }

  end(): string {
    this.#isClosing = true;
    this.#sse.end();
    if (isEnded(this.#state) && !this.#isFailed) this.#finish();
    else this.#failByProvider();
    return this.#sink.take();
  }

  fail(error: GatewayError): string {
    // The answer was whole: only its trailer is missing.
    if (this.#state.finishReason !== null && !this.#isFailed) this.#finish();
    else this.#fail(fromGatewayError(error));
    return this.#sink.take();
  }

  hasFailed(): boolean {
    return this.#isFailed;
  }

  facts(): AnswerFacts {
    const facts = toAnswerFacts(this.#state);
    return this.#isFailed ? { ...facts, isComplete: false } : facts;
  }

  #onEvent(event: ChatEvent): void {
    // A last payload cut in two is no error of its own: the stream broke off.
    if (this.#isOver || this.#isFailed || (this.#isClosing && event.kind === "garbled")) return;
    reduceAnswer(this.#state, event);
    if (event.kind === "done" && isEnded(this.#state)) this.#finish();
    else if (event.kind === "error" || event.kind === "garbled") {
      // Before the start the caller may still go elsewhere: it learns of the error from facts().
      this.#isFailed = true;
      if (this.#isStarted) this.#failByProvider();
    }
  }

  #start(): void {
    this.#isStarted = true;
    this.#sink.startMessage(toMessageHead(this.#state));
  }

  #finish(): void {
    if (this.#isOver) return;
    if (!nameNamelessCalls(this.#state)) {
      this.#fail(apiError("The provider called a tool without saying which. Try again."));
      return;
    }
    endBlocks(this.#state.blocks);
    if (!this.#isStarted) this.#start();
    this.#isOver = true;
    const { stopReason, stopSequence, usage } = toMessageEnd(this.#state);
    this.#sink.endMessage(stopReason, stopSequence, usage);
  }

  #failByProvider(): void {
    const { error } = this.#state.facts.facts();
    const cut = "The provider broke off in the middle of its answer. Try again.";
    this.#fail(error === null ? apiError(cut) : fromStreamedError(error, this.#state.context.keyHolder));
  }

  #fail(error: AnthropicError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isFailed = true;
    this.#sink.fail(error, this.#state.context.callId);
  }
}

function apiError(message: string): AnthropicError {
  return { type: "api_error", message };
}
