/**
 * One open connection to a provider: writes a request, reads its answer, and says whether it can be used again.
 *
 * Whatever it did not expect closes it: bytes behind an answer, bytes without a request, an answer before the request
 * was out. The next call must never see what belongs to another.
 */
import type { Socket } from "node:net";
import { joinedBytesLimit, toLatin1 } from "../../../core/http/joined-write.ts";
import { RoundWriter } from "../../../core/http/round-writer.ts";
import type { ParsedHead } from "./http-answer-head.ts";
import { HttpAnswerParser } from "./http-answer-parser.ts";
import type { AnswerEvents } from "./http-answer-parser.ts";
import type { Carrier, SocketExchange } from "./socket-exchange.ts";
import type { OpeningSocket } from "./socket-opener.ts";
import { toClosedError, toProtocolError, toTransportError } from "../transport-failure.ts";

/** Who keeps the connections. */
export interface ConnectionOwner {
  /** Its exchange is over and it is ready for another. */
  onFree(connection: SocketConnection): void;
  /** It is gone; `wasBusy` if it carried an exchange. */
  onLost(connection: SocketConnection, wasBusy: boolean): void;
}

/** Common servers keep idle connections for 60 s or more; a `keep-alive: timeout` says less or more. */
const usualIdleMs = 50_000;

/** A provider's announced time is not used up: the request takes its time to get there. */
const idleMarginMs = 1_000;

export class SocketConnection implements AnswerEvents, Carrier {
  /** Time of day. */
  readonly openedAtMs: number;
  /** How long it may stay without a request; 0: not at all. */
  idleLimitMs = 0;
  /** When it must not be used any more; set by its owner. */
  freeUntilMs = 0;
  isClosed = false;
  readonly #socket: Socket;
  readonly #writer: RoundWriter;
  readonly #owner: ConnectionOwner;
  readonly #parser: HttpAnswerParser = new HttpAnswerParser(this);
  #exchange: SocketExchange | null = null;
  #isPaused = false;
  #isUnwatched = false;

  constructor(opened: OpeningSocket, owner: ConnectionOwner, openedAtMs: number) {
    const { socket } = opened;
    this.#socket = socket;
    this.#writer = new RoundWriter(socket);
    this.#owner = owner;
    this.openedAtMs = openedAtMs;
    opened.onRead = (bytes) => this.#read(bytes);
    socket.on("end", () => this.#lose(null));
    socket.on("error", (error: Error) => this.#lose(error));
    socket.on("close", () => this.#lose(null));
  }

  /** Sends the exchange's request. */
  carry(exchange: SocketExchange): void {
    this.#exchange = exchange;
    exchange.carrier = this;
    this.idleLimitMs = 0;
    this.#parser.reset();
    if (this.#isUnwatched) this.#socket.ref();
    this.#isUnwatched = false;
    exchange.begin();
    const { requestHead, body } = exchange;
    // A stream may go on for an hour: it needs no memory for what is written.
    exchange.requestHead = "";
    exchange.body = null;
    this.#write(requestHead, body);
  }

  /** An idle connection alone keeps no process alive. */
  unwatch(): void {
    if (!this.#isUnwatched) this.#socket.unref();
    this.#isUnwatched = true;
  }

  close(): void {
    this.#exchange = null;
    this.#destroy(false);
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  isFull(): boolean {
    return false;
  }

  drop(exchange: SocketExchange): void {
    if (this.#exchange !== exchange) return;
    this.#exchange = null;
    this.#destroy(true);
  }

  onHead({ status, headers, isKeptAlive }: ParsedHead): void {
    this.idleLimitMs = isKeptAlive ? idleLimitOf(headers["keep-alive"]) : 0;
    this.#exchange?.takeHead(status, headers);
  }

  onBody(piece: Uint8Array): void {
    this.#exchange?.takePiece(piece);
  }

  onEnd(hasMore: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    if (exchange !== null) exchange.carrier = null;
    // A request that is not out yet when its answer ends: what else of it is on the way, nobody can say.
    if (hasMore || this.idleLimitMs === 0 || this.#isWriting) this.#destroy(true);
    else {
      this.resume();
      this.#owner.onFree(this);
    }
    exchange?.complete();
  }

  onRefused(reason: string): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#destroy(true);
    exchange?.fail(toProtocolError(reason, exchange.phase, exchange.origin));
  }

  get #isWriting(): boolean {
    return this.#writer.isWaiting || this.#socket.writableLength > 0;
  }

  #read(bytes: Buffer): void {
    if (this.#exchange === null) this.#destroy(false);
    else this.#parser.push(bytes);
  }

  #write(head: string, body: Uint8Array | null): void {
    const socket = this.#socket;
    if (body === null) this.#writer.write(head);
    else if (head.length + body.length <= joinedBytesLimit) this.#writer.write(head + toLatin1(body));
    else {
      socket.cork();
      socket.write(head, "latin1");
      socket.write(body);
      socket.uncork();
    }
  }

  /** The provider closed it, or it broke. */
  #lose(error: Error | null): void {
    if (this.isClosed) return;
    // The end of the connection may be the end of the body.
    if (error === null && this.#exchange !== null && this.#parser.finish()) return;
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#destroy(exchange !== null);
    if (exchange === null) return;
    const { phase, origin } = exchange;
    exchange.fail(error === null ? toClosedError(phase, origin) : toTransportError(error, phase, origin));
  }

  #destroy(wasBusy: boolean): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#parser.stop();
    this.#writer.drop();
    this.#socket.destroy();
    this.#owner.onLost(this, wasBusy);
  }
}

/** https://www.rfc-editor.org/rfc/rfc2068#section-19.7.1.1 */
function idleLimitOf(keepAlive: string | string[] | undefined): number {
  if (keepAlive === undefined) return usualIdleMs;
  const hint = /timeout\s*=\s*(\d{1,6})/i.exec(String(keepAlive));
  return hint === null ? usualIdleMs : Math.max(0, Math.min(usualIdleMs, Number(hint[1]) * 1_000 - idleMarginMs));
}
