/**
 * The pump: moves a provider's answer through its relay to the client, piece by piece.
 *
 * At first it holds back what comes, until the answer has begun for good or has failed: as long as nothing has
 * reached the client another target may still serve the call. Then the client is attached and pieces pass at once.
 */
import type { Clock } from "../../core/time/clock.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import { tooDeepAnswer } from "../../dialects/answer-facts.ts";
import { toStreamFailure } from "../../providers/classify-failure.ts";
import type { BodyReceiver, UpstreamAnswer } from "../../providers/upstream/upstream.ts";
import type { AnswerRelay, Piece } from "./answer-relay.ts";
import { createCutError, createGoneError } from "./early-ends.ts";
import type { Exchange } from "../request/exchange.ts";
import { hideInError } from "./hide-credentials.ts";
import type { Hide } from "./hide-credentials.ts";

/** A whole answer is held back up to this size, a stream until its first event. */
const heldLimitBytes = 256 * 1024;

/** How a pump's answer ended. `failed`: after a part of it may have reached the client. */
export type PumpEnd =
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly error: GatewayError }
  | { readonly kind: "gone" };

export class AnswerPump implements BodyReceiver {
  readonly relay: AnswerRelay;
  /** For what tells of an error. */
  readonly hide: Hide;
  /** Counted by the sweep of open-calls.ts: how many of its rounds ago something went to the client. */
  silentRounds = 0;
  /** When that came which settled `ready`: until then the provider was waited for. */
  awaitedAt: number;
  readonly #clock: Clock;
  readonly #answer: UpstreamAnswer;
  readonly #abort: () => void;
  #held: Piece[] = [];
  #heldBytes = 0;
  #client: Exchange | null = null;
  #end: PumpEnd | null = null;
  #isReady = false;
  /** Why it will never be ready. */
  #failure: GatewayError | null = null;
  #isPaused = false;
  // Made where somebody waits: most whole answers are over before anybody asks.
  #becomingReady: PromiseWithResolvers<void> | null = null;
  #ending: PromiseWithResolvers<PumpEnd> | null = null;

  /** `abort` ends the provider's side of an answer that has failed on ours. */
  constructor(answer: UpstreamAnswer, relay: AnswerRelay, hide: Hide, clock: Clock, abort: () => void) {
    this.relay = relay;
    this.hide = hide;
    this.#clock = clock;
    this.awaitedAt = clock.monotonicMs();
    this.#answer = answer;
    this.#abort = abort;
    answer.receive(this);
  }

  /** Whether the client may be told. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Resolves when the client may be told; rejects with a GatewayError when the answer failed before that. */
  get ready(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#becomingReady ??= Promise.withResolvers();
    return this.#becomingReady.promise;
  }

  /** Resolves when the answer is over, however. */
  get done(): Promise<PumpEnd> {
    if (this.#end !== null) return Promise.resolve(this.#end);
    this.#ending ??= Promise.withResolvers();
    return this.#ending.promise;
  }

  onData(piece: Uint8Array): void {
    if (this.#end !== null) return;
    this.#noteArrival();
    try {
      this.#send(this.#told(this.relay.push(piece)));
    } catch (error) {
      this.onError(error as Error);
      return;
    }
    if (this.#isReady) return;
    // A whole answer is read at its end.
    const error = this.relay.isStreaming ? this.#errorBeforeContent() : null;
    if (error !== null) this.onError(error);
    else if (this.relay.hasBegun() || this.#heldBytes > heldLimitBytes) this.#becomeReady();
  }

  onEnd(): void {
    if (this.#end !== null) return;
    this.#noteArrival();
    let failure: GatewayError | null;
    try {
      this.#send(this.#told(this.relay.end()));
      // A whole answer is read here: one that nobody can read must end the call, too.
      const early = this.#isReady ? null : this.#errorBeforeContent();
      if (early !== null) throw early;
      // The client has its error event by now, the provider's or the translation's: the call has failed all the same.
      failure = this.#streamFailure();
    } catch (error) {
      this.onError(error as Error);
      return;
    }
    this.#finish(failure === null ? { kind: "ended" } : { kind: "failed", error: hideInError(failure, this.hide) });
    this.#becomeReady();
  }

  onError(cause: Error): void {
    if (this.#end !== null) return;
    this.#noteArrival();
    const message = cause instanceof RangeError ? tooDeepAnswer.message : cause.message;
    const found = cause instanceof GatewayError ? cause : new GatewayError("provider_bad_answer", message, { cause });
    const error = hideInError(found, this.hide);
    if (this.#isReady) this.#send(this.relay.fail(error));
    this.#finish(this.#isReady && this.#isWhole() ? { kind: "ended" } : { kind: "failed", error });
    // A limit that was passed, a router that stops: the provider knows nothing of it and would go on.
    this.#abort();
    this.#failBefore(error);
  }

  /** The client left: nothing more is written. */
  abandon(): void {
    if (this.#end !== null) return;
    this.#noteArrival();
    this.#finish({ kind: "gone" });
    this.#failBefore(createGoneError());
  }

  /** Whether the whole answer is here already, and its bytes: such an answer goes out in one write. */
  takeWhole(): Uint8Array | null {
    if (this.#end?.kind !== "ended" || this.#client !== null) return null;
    const pieces = this.#held.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
    this.#held = [];
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  /** Lets the pieces flow to the client, whose head has been sent. */
  attach(client: Exchange): void {
    this.#client = client;
    const held = this.#held;
    this.#held = [];
    for (const piece of held) this.#write(client, piece);
  }

  /** The provider has been silent for long, but lives: tells the client so, and gives up on other targets for that. */
  keepAlive(): void {
    if (this.#end !== null || !this.relay.isStreaming) return;
    const ping = this.relay.ping();
    if (ping === "") return;
    this.#noteArrival();
    this.#send(ping);
    this.#becomeReady();
  }

  /** An error that came under status 200 in place of an answer; after a part of the answer it is the client's to see. */
  #errorBeforeContent(): GatewayError | null {
    const { error, outputCharacters, toolCalls } = this.relay.facts();
    const hasContent = this.relay.isStreaming && (outputCharacters > 0 || toolCalls.length > 0);
    return error === null || hasContent ? null : toStreamFailure(error);
  }

  #streamFailure(): GatewayError | null {
    const { error, isComplete } = this.relay.facts();
    if (error !== null) return toStreamFailure(error);
    if (isComplete || !this.relay.isStreaming) return null;
    return createCutError();
  }

  /** Whether the client has its whole answer, whatever broke after the stop reason. */
  #isWhole(): boolean {
    if (!this.relay.isStreaming) return false;
    const { isComplete, error } = this.relay.facts();
    return isComplete && error === null;
  }

  /** A piece that may hold the provider's words about an error, without the credentials that some quote. */
  #told(piece: Piece): Piece {
    if (piece.length === 0 || !this.relay.hasFailed()) return piece;
    const isText = typeof piece === "string";
    const bytes = isText ? Buffer.from(piece) : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const hidden = this.hide(bytes);
    return hidden === bytes ? piece : hidden;
  }

  #noteArrival(): void {
    if (!this.#isReady) this.awaitedAt = this.#clock.monotonicMs();
  }

  #becomeReady(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#becomingReady?.resolve();
  }

  /** Unless the client was told already. */
  #failBefore(error: GatewayError): void {
    if (this.#isReady) return;
    this.#failure = error;
    this.#becomingReady?.reject(error);
  }

  #send(piece: Piece): void {
    if (piece.length === 0) return;
    this.silentRounds = 0;
    if (this.#client !== null) {
      this.#write(this.#client, piece);
      return;
    }
    this.#held.push(piece);
    this.#heldBytes += piece.length;
  }

  #write(client: Exchange, piece: Piece): void {
    if (client.write(piece) || this.#isPaused) return;
    this.#isPaused = true;
    this.#answer.pause();
    client.onDrain(() => {
      this.#isPaused = false;
      this.#answer.resume();
    });
  }

  #finish(end: PumpEnd): void {
    this.#end = end;
    this.#ending?.resolve(end);
  }
}
