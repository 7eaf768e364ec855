/**
 * What every exchange with a provider does, whatever carries it: the promise of its head, the pieces kept for a receiver
 * that has not come or has paused, time limits, abort. The exchange and the answer are one object, because a call should
 * cost few of them.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import { createBodyDecoder, encodingOf, plainHeaders } from "./body-decoder.ts";
import type { BodyDecoder } from "./body-decoder.ts";
import { createLineError, createTimeoutError } from "./transport-failure.ts";
import type { ExchangePhase } from "./transport-failure.ts";
import type { LimitSweep, Swept } from "./upstream-sweep.ts";
import type { AnswerHead, BodyReceiver, UpstreamAnswer, UpstreamExchange } from "./upstream.ts";
import type { UpstreamHeaders, UpstreamTimeouts } from "./upstream.ts";

/** Bytes of an answer kept for a receiver that has not come yet; then the source is paused. */
const keptBytesLimit = 65_536;

/** A carrier calls `begin`, `takeHead`, `takePiece`, then `complete` or `fail`; nothing of it counts when `isOver`. */
export abstract class CarriedExchange implements UpstreamExchange, UpstreamAnswer, Swept {
  head: AnswerHead = { status: 0, headers: {} };
  slot = -1;
  readonly shortestLimitMs: number;
  readonly origin: string;
  phase: ExchangePhase = "connect";
  /** The body is complete, or the exchange failed or was aborted. */
  isOver = false;
  readonly #timeouts: UpstreamTimeouts;
  readonly #sweep: LimitSweep;
  #limitMs: number;
  #quietSinceMs = 0;
  /** Something came, or a phase began, since the sweep's last round. */
  #isHeard = true;

  #isAborted = false;
  #isPaused = false;
  #isFlowing = false;
  #receiver: BodyReceiver | null = null;
  #decoder: BodyDecoder | null = null;
  #encoding: string | null = null;
  #kept: Uint8Array[] | null = null;
  #keptBytes = 0;
  /** What follows the kept pieces: the end, or an error. */
  #ending: "end" | GatewayError | null = null;

  #settled: "waiting" | "answered" | GatewayError = "waiting";
  #promise: Promise<UpstreamAnswer> | null = null;
  #resolve: ((answer: UpstreamAnswer) => void) | null = null;
  #reject: ((error: GatewayError) => void) | null = null;

  constructor(origin: string, timeouts: UpstreamTimeouts, sweep: LimitSweep) {
    this.origin = origin;
    this.#timeouts = timeouts;
    this.#sweep = sweep;
    this.#limitMs = timeouts.connectMs;
    this.shortestLimitMs = Math.min(timeouts.connectMs, timeouts.firstByteMs, timeouts.betweenBytesMs);
    sweep.add(this);
  }

  /** Stops and starts the flow from the carrier. */
  protected abstract pauseCarrier(): void;
  protected abstract resumeCarrier(): void;
  /** Ends the carrier's work for this exchange: its socket is closed, or its place in a line given up. */
  protected abstract dropCarrier(): void;
  /** Whether it waits for a connection that only other exchanges keep from it: the provider does not know of it. */
  protected abstract waitsForOthers(): boolean;

  /** Made on first use: an exchange that fails without anybody waiting is no unhandled rejection. */
  get answer(): Promise<UpstreamAnswer> {
    this.#promise ??= this.#createPromise();
    return this.#promise;
  }

  get isSent(): boolean {
    return this.phase !== "connect";
  }

  receive(receiver: BodyReceiver): void {
    if (this.#isAborted) return;
    this.#receiver =
      this.#encoding === null ? receiver : (this.#decoder = this.#createDecoder(this.#encoding, receiver));
    this.#flow();
  }

  pause(): void {
    if (this.#decoder !== null) this.#decoder.pause();
    else this.#pauseSource();
  }

  resume(): void {
    if (this.#decoder !== null) this.#decoder.resume();
    else this.#resumeSource();
  }

  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#receiver = null;
    this.#kept = null;
    this.#decoder?.destroy();
    const wasOver = this.isOver;
    this.#finish();
    if (!wasOver) this.dropCarrier();
    this.#settle(new GatewayError("caller_gone", "The call was given up before the provider answered."));
  }

  /** The request goes out on its connection. */
  begin(): void {
    this.#beginPhase("first-byte", this.#timeouts.firstByteMs);
  }

  takeHead(status: number, headers: UpstreamHeaders): void {
    this.#encoding = encodingOf(headers);
    this.head = { status, headers: this.#encoding === null ? headers : plainHeaders(headers) };
    this.#beginPhase("body", this.#timeouts.betweenBytesMs);
    this.#settle("answered");
  }

  takePiece(piece: Uint8Array): void {
    this.#isHeard = true;
    if (this.#receiver !== null && !this.#isPaused && this.#kept === null) {
      this.#receiver.onData(piece);
      return;
    }
    this.#kept ??= [];
    this.#kept.push(piece);
    this.#keptBytes += piece.length;
    if (this.#keptBytes > keptBytesLimit) this.pauseCarrier();
  }

  complete(): void {
    this.#finish();
    this.#ending = "end";
    this.#flow();
  }

  fail(error: GatewayError): void {
    this.#finish();
    this.#ending = error;
    this.#settle(error);
    this.#flow();
  }

  checkLimit(nowMs: number): void {
    // Silence that we asked for ourselves does not count.
    if (this.#isHeard || this.#isPaused || this.#kept !== null) {
      this.#isHeard = false;
      this.#quietSinceMs = nowMs;
    } else if (nowMs - this.#quietSinceMs >= this.#limitMs) {
      const { phase, origin } = this;
      const isHeldUpHere = phase === "connect" && this.waitsForOthers();
      const limitMs = this.#limitMs;
      this.fail(isHeldUpHere ? createLineError(limitMs, origin) : createTimeoutError(phase, limitMs, origin));
      this.dropCarrier();
    }
  }

  #finish(): void {
    this.isOver = true;
    this.#sweep.remove(this);
  }

  #beginPhase(phase: ExchangePhase, limitMs: number): void {
    this.phase = phase;
    this.#limitMs = limitMs;
    this.#isHeard = true;
  }

  /** Hands on what was kept, in order, as far as the receiver is willing; then the ending. */
  #flow(): void {
    const receiver = this.#receiver;
    if (receiver === null || this.#isFlowing) return;
    if (this.#kept !== null) this.#flowKept(this.#kept, receiver);
    if (this.#isAborted || this.#isPaused || this.#kept !== null) return;
    const ending = this.#ending;
    if (ending === null) {
      this.#isHeard = true;
      this.resumeCarrier();
      return;
    }
    this.#receiver = null;
    if (ending === "end") receiver.onEnd();
    else receiver.onError(ending);
  }

  #flowKept(kept: Uint8Array[], receiver: BodyReceiver): void {
    // A receiver that pauses and resumes within `onData` comes back to this very loop.
    this.#isFlowing = true;
    let next = 0;
    while (next < kept.length && !this.#isPaused && !this.#isAborted) {
      const piece = kept[next++] as Uint8Array;
      this.#keptBytes -= piece.length;
      receiver.onData(piece);
    }
    this.#isFlowing = false;
    if (this.#isAborted) return;
    if (next < kept.length) kept.splice(0, next);
    else this.#kept = null;
  }

  #pauseSource(): void {
    this.#isPaused = true;
    if (!this.isOver) this.pauseCarrier();
  }

  #resumeSource(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#flow();
  }

  #createDecoder(encoding: string, receiver: BodyReceiver): BodyDecoder {
    return createBodyDecoder(encoding, receiver, {
      origin: this.origin,
      pause: () => this.#pauseSource(),
      resume: () => this.#resumeSource(),
      abort: () => this.abort(),
    });
  }

  #createPromise(): Promise<UpstreamAnswer> {
    if (this.#settled === "answered") return Promise.resolve(this);
    if (this.#settled !== "waiting") return Promise.reject(this.#settled);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  #settle(outcome: "answered" | GatewayError): void {
    if (this.#settled !== "waiting") return;
    this.#settled = outcome;
    if (outcome === "answered") this.#resolve?.(this);
    else this.#reject?.(outcome);
  }
}
