/** Exchanges that wait for a connection, first come first served. Linked, so that leaving it from the middle is cheap. */
import type { Carrier, SocketExchange } from "./socket-exchange.ts";

export class WaitingLine implements Carrier {
  length = 0;
  #first: SocketExchange | null = null;
  #last: SocketExchange | null = null;
  readonly #onLeft: () => void;
  readonly isFull: () => boolean;

  /** `onLeft`: somebody gave up waiting. `isFull`: there are as many connections as there may be, all of them in use. */
  constructor(onLeft: () => void, isFull: () => boolean) {
    this.#onLeft = onLeft;
    this.isFull = isFull;
  }

  add(exchange: SocketExchange): void {
    exchange.carrier = this;
    exchange.before = this.#last;
    if (this.#last === null) this.#first = exchange;
    else this.#last.behind = exchange;
    this.#last = exchange;
    this.length++;
  }

  take(): SocketExchange | null {
    const exchange = this.#first;
    if (exchange !== null) this.#unlink(exchange);
    return exchange;
  }

  drop(exchange: SocketExchange): void {
    this.#unlink(exchange);
    this.#onLeft();
  }

  /** Nothing flows to one that waits. */
  pause(): void {}

  resume(): void {}

  #unlink(exchange: SocketExchange): void {
    const { before, behind } = exchange;
    if (before === null) this.#first = behind;
    else before.behind = behind;
    if (behind === null) this.#last = before;
    else behind.before = before;
    // An old exchange that still pointed to younger ones would keep them all in memory.
    exchange.before = null;
    exchange.behind = null;
    exchange.carrier = null;
    this.length--;
  }
}
