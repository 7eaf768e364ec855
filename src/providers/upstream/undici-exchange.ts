/**
 * One exchange with a provider over undici's `dispatch`: it is the handler that undici calls. Time limits are kept by
 * the sweep and not by undici, whose timers are about 500 ms coarse.
 */
import type { Dispatcher } from "undici";
import { toTransportError } from "./transport-failure.ts";
import { CarriedExchange } from "./upstream-exchange.ts";
import type { LimitSweep } from "./upstream-sweep.ts";
import type { UpstreamHeaders, UpstreamTimeouts } from "./upstream.ts";

/** Thrown at undici to drop a request that was given up while it waited for a socket; the socket stays usable. */
const abandoned = new Error("abandoned before it was sent");

const abortReason = new Error("aborted");

export class UndiciExchange extends CarriedExchange implements Dispatcher.DispatchHandler {
  readonly #isFull: () => boolean;
  #controller: Dispatcher.DispatchController | null = null;

  /** `isFull`: whether all connections that there may be are in use. */
  constructor(origin: string, timeouts: UpstreamTimeouts, sweep: LimitSweep, isFull: () => boolean) {
    super(origin, timeouts, sweep);
    this.#isFull = isFull;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Aborting here would close a good socket; undici drops the request alone when its handler throws.
    if (this.isOver) throw abandoned;
    this.#controller = controller;
    this.begin();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (!this.isOver && status >= 200) this.takeHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (!this.isOver) this.takePiece(chunk);
  }

  onResponseEnd(): void {
    if (!this.isOver) this.complete();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (!this.isOver) this.fail(toTransportError(error, this.phase, this.origin));
  }

  protected override pauseCarrier(): void {
    this.#controller?.pause();
  }

  protected override resumeCarrier(): void {
    this.#controller?.resume();
  }

  protected override dropCarrier(): void {
    this.#controller?.abort(abortReason);
  }

  protected override waitsForOthers(): boolean {
    return this.#isFull();
  }
}
