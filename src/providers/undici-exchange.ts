/**
 * One exchange with a provider over undici's `dispatch`: the handler that undici calls, the exchange and the answer
 * that our side holds, in one object, because a call should cost few of them.
 *
 * Time limits are kept here and not by undici, whose timers are about 500 ms coarse. One timer serves all phases: it is
 * set anew only for an earlier deadline and otherwise looks, when it fires, how much of the present phase is left.
 */
import type { Dispatcher } from "undici";
import { GatewayError } from "../core/errors.ts";
import { createBodyDecoder, encodingOf, plainHeaders } from "./body-decoder.ts";
import type { BodyDecoder } from "./body-decoder.ts";
import { createTimeoutError, toTransportError } from "./transport-failure.ts";
import type { ExchangePhase } from "./transport-failure.ts";
import type {
  AnswerHead,
  BodyReceiver,
  UpstreamAnswer,
  UpstreamExchange,
  UpstreamHeaders,
  UpstreamTimeouts,
} from "./upstream.ts";

/** Bytes of an answer kept for a receiver that has not come yet; then the socket is paused. */
const keptBytesLimit = 65_536;

/** Thrown at undici to drop a request that was given up while it waited for a socket; the socket stays usable. */
const abandoned = new Error("abandoned before it was sent");

const abortReason = new Error("aborted");

export class UndiciExchange implements UpstreamExchange, UpstreamAnswer, Dispatcher.DispatchHandler {
  head: AnswerHead = { status: 0, headers: {} };
  readonly #origin: string;
  readonly #timeouts: UpstreamTimeouts;
  #controller: Dispatcher.DispatchController | null = null;
  #phase: ExchangePhase = "connect";
  /** No more events of undici count: the body is complete, or the exchange failed or was aborted. */
  #isOver = false;
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

  #timer: NodeJS.Timeout | null = null;
  #timerEndsMs = 0;
  #phaseLimitMs = 0;
  #quietSinceMs = 0;

  constructor(origin: string, timeouts: UpstreamTimeouts) {
    this.#origin = origin;
    this.#timeouts = timeouts;
    this.#beginPhase("connect", timeouts.connectMs);
  }

  /** Made on first use: an exchange that fails without anybody waiting is no unhandled rejection. */
  get answer(): Promise<UpstreamAnswer> {
    this.#promise ??= this.#createPromise();
    return this.#promise;
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
    const wasOver = this.#isOver;
    this.#finish();
    if (!wasOver) this.#controller?.abort(abortReason);
    this.#settle(new GatewayError("caller_gone", "The call was given up before the provider answered."));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Aborting here would close a good socket; undici drops the request alone when its handler throws.
    if (this.#isOver) throw abandoned;
    this.#controller = controller;
    this.#beginPhase("first-byte", this.#timeouts.firstByteMs);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (this.#isOver || status < 200) return;
    this.#encoding = encodingOf(headers);
    this.head = { status, headers: this.#encoding === null ? headers : plainHeaders(headers) };
    this.#beginPhase("body", this.#timeouts.betweenBytesMs);
    this.#settle("answered");
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.#quietSinceMs = performance.now();
    if (this.#receiver !== null && !this.#isPaused && this.#kept === null) {
      this.#receiver.onData(chunk);
      return;
    }
    this.#kept ??= [];
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > keptBytesLimit) this.#controller?.pause();
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#ending = "end";
    this.#flow();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#isOver) return;
    this.#fail(toTransportError(error, this.#phase, this.#origin));
  }

  #fail(error: GatewayError): void {
    this.#finish();
    this.#ending = error;
    this.#settle(error);
    this.#flow();
  }

  #finish(): void {
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Hands on what was kept, in order, as far as the receiver is willing; then the ending. */
  #flow(): void {
    const receiver = this.#receiver;
    if (receiver === null || this.#isFlowing) return;
    if (this.#kept !== null) this.#flowKept(this.#kept, receiver);
    if (this.#isAborted || this.#isPaused || this.#kept !== null) return;
    const ending = this.#ending;
    if (ending === null) {
      this.#quietSinceMs = performance.now();
      this.#controller?.resume();
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
      const chunk = kept[next++] as Uint8Array;
      this.#keptBytes -= chunk.length;
      receiver.onData(chunk);
    }
    this.#isFlowing = false;
    if (this.#isAborted) return;
    if (next < kept.length) kept.splice(0, next);
    else this.#kept = null;
  }

  #pauseSource(): void {
    this.#isPaused = true;
    if (!this.#isOver) this.#controller?.pause();
  }

  #resumeSource(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#flow();
  }

  #createDecoder(encoding: string, receiver: BodyReceiver): BodyDecoder {
    return createBodyDecoder(encoding, receiver, {
      origin: this.#origin,
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

  #beginPhase(phase: ExchangePhase, limitMs: number): void {
    this.#phase = phase;
    this.#phaseLimitMs = limitMs;
    this.#quietSinceMs = performance.now();
    const endsMs = this.#quietSinceMs + limitMs;
    if (this.#timer !== null && this.#timerEndsMs <= endsMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#setTimer(limitMs, endsMs);
  }

  #setTimer(delayMs: number, endsMs: number): void {
    this.#timerEndsMs = endsMs;
    this.#timer = setTimeout(onTimer, delayMs, this);
  }

  /** The timer fired: the phase is over its limit, or there is time left for it. */
  checkDeadline(): void {
    this.#timer = null;
    const nowMs = performance.now();
    // Silence that we asked for ourselves does not count.
    if (this.#isPaused || this.#kept !== null) this.#quietSinceMs = nowMs;
    const leftMs = this.#quietSinceMs + this.#phaseLimitMs - nowMs;
    if (leftMs >= 1) {
      this.#setTimer(Math.ceil(leftMs), nowMs + leftMs);
      return;
    }
    const controller = this.#controller;
    this.#fail(createTimeoutError(this.#phase, this.#phaseLimitMs, this.#origin));
    controller?.abort(abortReason);
  }
}

function onTimer(exchange: UndiciExchange): void {
  exchange.checkDeadline();
}
