/**
 * The connections to one origin. The one used last is used first, so that few stay warm and the rest run out; requests
 * beyond the limit wait in line.
 *
 * A request that finds no free connection has one opened for it, but takes whichever is free first. A failed attempt to
 * open fails the one that waited longest, and nobody else: the next in line has an attempt of its own.
 */
import { SocketConnection } from "./socket-connection.ts";
import type { ConnectionOwner } from "./socket-connection.ts";
import type { SocketExchange } from "./socket-exchange.ts";
import { WaitingLine } from "./socket-line.ts";
import type { OpeningSocket, OpenSocket } from "./socket-opener.ts";
import { toTransportError } from "../transport-failure.ts";

/** A connection of this age takes no more requests: a name that leads elsewhere by now is followed, however busy we are. */
const maxSocketAgeMs = 300_000;

const idleRoundMs = 1_000;

export class SocketPool implements ConnectionOwner {
  readonly #open: OpenSocket;
  readonly #maxSockets: number;
  readonly #line: WaitingLine = new WaitingLine(
    () => this.#closeIfDone(),
    () => this.#sockets >= this.#maxSockets,
  );
  /** Free ones, the last used at the end; closed ones among them are passed over. */
  #free: SocketConnection[] = [];
  readonly #opening: Set<OpeningSocket> = new Set();
  #sockets = 0;
  #running = 0;
  #idleTimer: NodeJS.Timeout | null = null;
  #closed: PromiseWithResolvers<void> | null = null;

  constructor(open: OpenSocket, maxSockets: number) {
    this.#open = open;
    this.#maxSockets = maxSockets;
  }

  get isClosing(): boolean {
    return this.#closed !== null;
  }

  send(exchange: SocketExchange): void {
    const connection = this.#takeFree();
    if (connection !== null) {
      this.#carry(connection, exchange);
      return;
    }
    this.#line.add(exchange);
    this.#openForLine();
  }

  stats(): { readonly sockets: number; readonly running: number; readonly queued: number } {
    return { sockets: this.#sockets, running: this.#running, queued: this.#line.length };
  }

  close(): Promise<void> {
    this.#closed ??= Promise.withResolvers<void>();
    this.#closeIfDone();
    return this.#closed.promise;
  }

  onFree(connection: SocketConnection): void {
    this.#running--;
    if (isTooOld(connection)) connection.close();
    else this.#use(connection);
    this.#closeIfDone();
  }

  onLost(_connection: SocketConnection, wasBusy: boolean): void {
    this.#sockets--;
    if (wasBusy) this.#running--;
    this.#openForLine();
    this.#closeIfDone();
  }

  #carry(connection: SocketConnection, exchange: SocketExchange): void {
    this.#running++;
    connection.carry(exchange);
  }

  #use(connection: SocketConnection): void {
    const next = this.#line.take();
    if (next !== null) {
      this.#carry(connection, next);
      return;
    }
    connection.freeUntilMs = performance.now() + connection.idleLimitMs;
    this.#free.push(connection);
    this.#idleTimer ??= setTimeout(() => this.#closeIdle(), idleRoundMs).unref();
  }

  #takeFree(): SocketConnection | null {
    if (this.#free.length === 0) return null;
    const nowMs = performance.now();
    for (;;) {
      const connection = this.#free.pop();
      if (connection === undefined) return null;
      if (connection.isClosed) continue;
      if (connection.freeUntilMs > nowMs && !isTooOld(connection)) return connection;
      connection.close();
    }
  }

  #openForLine(): void {
    while (this.#opening.size < this.#line.length && this.#opening.size + this.#sockets < this.#maxSockets) {
      const opening: OpeningSocket = this.#open({
        onOpen: () => this.#onOpen(opening),
        onFailure: (error) => this.#onFailure(opening, error),
      });
      this.#opening.add(opening);
    }
  }

  #onOpen(opening: OpeningSocket): void {
    this.#opening.delete(opening);
    this.#sockets++;
    this.#use(new SocketConnection(opening, this, Date.now()));
    this.#closeIfDone();
  }

  #onFailure(opening: OpeningSocket, error: Error): void {
    this.#opening.delete(opening);
    const exchange = this.#line.take();
    exchange?.fail(toTransportError(error, "connect", exchange.origin));
    this.#openForLine();
    this.#closeIfDone();
  }

  #closeIdle(): void {
    const nowMs = performance.now();
    const free = this.#free;
    this.#free = [];
    for (const connection of free) {
      if (connection.isClosed) continue;
      if (connection.freeUntilMs <= nowMs) connection.close();
      else {
        connection.unwatch();
        this.#free.push(connection);
      }
    }
    const isNeeded = this.#free.length > 0;
    this.#idleTimer = isNeeded ? setTimeout(() => this.#closeIdle(), idleRoundMs).unref() : null;
  }

  /** When no more is asked for, and all that was is over. */
  #closeIfDone(): void {
    if (this.#closed === null || this.#running > 0 || this.#line.length > 0) return;
    const free = this.#free;
    this.#free = [];
    for (const connection of free) connection.close();
    for (const { socket } of this.#opening) socket.destroy();
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    if (this.#sockets === 0) this.#closed.resolve();
  }
}

/** By the time of day, so that a machine that slept looks names up anew; one that is younger than nothing is old, too. */
function isTooOld({ openedAtMs }: SocketConnection): boolean {
  const ageMs = Date.now() - openedAtMs;
  return ageMs < 0 || ageMs > maxSocketAgeMs;
}
