/**
 * The relay of a stream for a client of its dialect: the provider's bytes by whole events, which in Anthropic's dialect get the
 * names that they lack.
 *
 * Some errors are told in other words (retold-error.ts), and are the last that passes.
 */
import type { Dialect } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import type { AnswerFacts, AnswerWatch } from "../../dialects/answer-facts.ts";
import { garbledPayload } from "../../dialects/answer-facts.ts";
import { EventNamer } from "../../dialects/anthropic-messages/name-events.ts";
import { StreamTail } from "../../dialects/anthropic-messages/tail.ts";
import { renderStreamError } from "../../dialects/errors/render-error.ts";
import { formatSseData, formatSseEvent } from "../../dialects/sse.ts";
import { pings } from "./answer-relay.ts";
import type { AnswerRelay, Piece } from "./answer-relay.ts";
import { createCutError } from "./early-ends.ts";
import { createEventGate } from "./event-gate.ts";
import { findRetoldError } from "./retold-error.ts";

/** What ends a stream for good, where the answer itself is whole. */
const trailers: Readonly<Record<Dialect, { readonly sign: string; readonly text: string }>> = {
  "anthropic-messages": { sign: '"message_stop"', text: formatSseEvent("message_stop", '{"type":"message_stop"}') },
  "openai-chat": { sign: "[DONE]", text: formatSseData("[DONE]") },
};

/** What each event of an answer holds, and a word or an object of another kind does not. */
const answerSigns: Readonly<Record<Dialect, string>> = {
  "anthropic-messages": '"type"',
  "openai-chat": '"choices"',
};

const nothing = Buffer.alloc(0);

/** What the stream belongs to. */
export interface PassedCall {
  readonly dialect: Dialect;
  readonly callId: string;
  /** See `AnswerContext`. */
  readonly keyHolder: string | null;
}

/** Relays one stream, which `watch` reads. */
export class PassedStream implements AnswerRelay {
  readonly isStreaming = true;
  readonly isStreamed = true;
  readonly #call: PassedCall;
  readonly #watch: AnswerWatch;
  readonly #gate = createEventGate();
  readonly #tail = new StreamTail();
  readonly #names: EventNamer | null;
  #hasBegun = false;
  #hasRetold = false;

  constructor(call: PassedCall, watch: AnswerWatch) {
    this.#call = call;
    this.#watch = watch;
    this.#names = call.dialect === "anthropic-messages" ? new EventNamer() : null;
  }

  push(piece: Uint8Array): Uint8Array {
    this.#watch.push(piece);
    const events = this.#gate.push(piece);
    return this.#watch.hasFailed() ? this.#passTold(events) : this.#pass(events);
  }

  end(): Piece {
    this.#watch.end();
    const { isComplete, error } = this.#watch.facts();
    if (!isComplete && error === null) throw createCutError();
    if (error === garbledPayload && this.#missingTrailer() !== "") {
      throw new GatewayError("provider_bad_answer", error.message);
    }
    // Anthropic's clients find no answer in a stream without its last event, of which a part may be here.
    const isTrailerNeeded = error === null && this.#call.dialect === "anthropic-messages";
    return (isTrailerNeeded && this.#missingTrailer()) || this.#passRest();
  }

  fail(error: GatewayError): string {
    if (this.#hasRetold) return "";
    this.#watch.end();
    const { isComplete, error: streamed } = this.#watch.facts();
    return isComplete && streamed === null ? this.#missingTrailer() : this.#closeWith(error);
  }

  ping(): string {
    return this.#tail.isAtBoundary() ? pings[this.#call.dialect] : "";
  }

  hasBegun(): boolean {
    return this.#hasBegun;
  }

  hasFailed(): boolean {
    return this.#watch.hasFailed();
  }

  facts(): AnswerFacts {
    return this.#watch.facts();
  }

  #pass(events: Uint8Array, hasError = false): Uint8Array {
    if (events.length === 0) return events;
    const bytes = this.#names?.push(events, hasError) ?? events;
    if (bytes.length === 0) return bytes;
    this.#tail.push(bytes);
    if (!this.#hasBegun) this.#hasBegun = (bytes as Buffer).includes(answerSigns[this.#call.dialect]);
    return bytes;
  }

  /** Events of a stream that holds an error. */
  #passTold(events: Uint8Array): Uint8Array {
    const { dialect, keyHolder } = this.#call;
    if (this.#hasRetold) return nothing;
    const retold = findRetoldError(dialect, events, this.#watch.facts().error, keyHolder);
    if (retold === null) return this.#pass(events, true);
    this.#hasRetold = true;
    const before = this.#pass(retold.before);
    return Buffer.concat([before, Buffer.from(this.#closeWith(retold.told))]);
  }

  #passRest(): Uint8Array {
    const hasFailed = this.#watch.hasFailed();
    const rest = this.#gate.rest();
    const passed = hasFailed ? this.#passTold(rest) : this.#pass(rest);
    const named = this.#names === null ? passed : Buffer.concat([passed, this.#names.end()]);
    // Clients read no event without its blank line, and must read of the error.
    return hasFailed ? Buffer.concat([named, Buffer.from(this.#tail.missingEnd())]) : named;
  }

  #missingTrailer(): string {
    const { sign, text } = trailers[this.#call.dialect];
    return this.#tail.lastPassed().includes(sign) ? "" : this.#tail.closeWith(text);
  }

  #closeWith(error: GatewayError): string {
    return this.#tail.closeWith(renderStreamError(this.#call.dialect, error, this.#call.callId));
  }
}
