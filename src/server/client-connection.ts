/**
 * One connection of a client: reads requests, one at a time, and carries their answers.
 *
 * A request that comes before the one ahead of it is answered waits, unread beyond a bound. A client that closes its
 * sending half counts as gone: to us it looks like one that left, and a call that goes on for nobody costs money.
 */
import type { Socket } from "node:net";
import type { BagItem } from "../core/collections/bag.ts";
import { RoundWriter } from "../core/http/round-writer.ts";
import { sharedReadBuffer } from "../core/http/shared-read-buffer.ts";
import type { Exchange } from "../gateway/request/exchange.ts";
import { renderAnswerHead } from "./answer-head.ts";
import { ClientExchange } from "./client-exchange.ts";
import type { ExchangeCarrier } from "./client-exchange.ts";
import type { RecentHeads } from "./head-reader.ts";
import { readInto } from "./read-into.ts";
import type { ReadTarget } from "./read-into.ts";
import { requireReader } from "./require-reader.ts";
import type { RequestHead, RequestRefusal } from "./request-head.ts";
import { RequestParser } from "./request-parser.ts";
import type { RequestEvents } from "./request-parser.ts";

/** What connections of one server share. */
export interface ConnectionOwner {
  /** For a request's headers to arrive, and for the first one to begin. */
  readonly headersTimeoutMs: number;
  /** For a whole request. */
  readonly requestTimeoutMs: number;
  /** Announced to clients. */
  readonly keepAliveMs: number;
  /** False when the server stops: no answer promises to keep its connection any more. */
  readonly isAccepting: boolean;
  readonly recentHeads: RecentHeads;
  /** Answers the exchange and never throws. */
  handle(exchange: Exchange): void;
  /** The answer to what is no request. */
  refuse(refusal: RequestRefusal): { readonly status: number; readonly headers: string[]; readonly body: string };
  onClosed(connection: ClientConnection): void;
}

/** A request that is sent right when the announced time is over is served. */
const keepAliveGraceMs = 1_000;

/** For a client to close its side after ours: cut at once, it might never read the answer that waits in its buffers. */
const lingerMs = 2_000;

/** Requests that wait for the answer ahead of theirs. */
const waitingBytesLimit = 65_536;

/** The rest of a refused body that is read for the sake of the connection; beyond it a new one is cheaper. */
const discardedBytesLimit = 262_144;

/** What the connection waits for; `request`: the rest of one. */
type Phase = "first" | "request" | "answer" | "idle" | "discard" | "linger";

export class ClientConnection implements ExchangeCarrier, RequestEvents, ReadTarget, BagItem {
  slot = -1;
  readonly #socket: Socket;
  readonly #writer: RoundWriter;
  readonly #owner: ConnectionOwner;
  readonly #parser: RequestParser;
  #exchange: ClientExchange | null = null;
  /** The exchange has not been handed over yet. */
  #isFresh = false;
  #isServing = false;
  /** What the last answer's head said. The client may be sending already when the answer is complete. */
  #isKeptPromised = false;
  #phase: Phase = "first";
  /** Monotonic; when the phase is given up. */
  #deadlineMs: number;
  #headDeadlineMs = Infinity;
  #discardedBytes = 0;
  #isClosed = false;
  /** What is read next goes to the exchange's own memory. */
  #isFilling = false;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#writer = new RoundWriter(socket);
    this.#owner = owner;
    this.#parser = new RequestParser(this, owner.recentHeads);
    this.#deadlineMs = performance.now() + owner.headersTimeoutMs;
    if (!readInto(socket, this)) socket.on("data", (bytes: Buffer) => this.#read(bytes));
    socket.on("end", () => this.#lose());
    socket.on("error", () => this.#lose());
    socket.on("close", () => this.#lose());
  }

  /** No request is on its way, and no answer. */
  get isIdle(): boolean {
    return this.#exchange === null && !this.#parser.isWithin && !this.#isOwed;
  }

  /** A round of the server's sweep. */
  checkDeadline(nowMs: number): void {
    if (nowMs < this.#deadlineMs && nowMs < this.#headDeadlineMs) return;
    if (this.#phase === "linger" && this.#socket.writableLength > 0) return; // the unread limit is over it
    if (this.#phase === "request") this.#refuse("timeout");
    else this.destroy();
  }

  // The socket's side.

  nextBuffer(): Uint8Array {
    const { leftBytes } = this.#parser;
    const space = leftBytes === 0 ? null : (this.#exchange?.space ?? null);
    this.#isFilling = space !== null;
    if (space === null) return sharedReadBuffer;
    return space.length > leftBytes ? space.subarray(0, leftBytes) : space;
  }

  onRead(length: number): void {
    if (!this.#isFilling) return this.#read(sharedReadBuffer.subarray(0, length));
    if (this.#phase === "linger") return;
    this.#parser.pushFilled(length);
    this.#serve();
  }

  // The exchange's side.

  connectionLines(isKept: boolean): string {
    const isReadOver = this.#parser.leftBytes <= discardedBytesLimit;
    this.#isKeptPromised = isKept && isReadOver && this.#owner.isAccepting;
    if (!this.#isKeptPromised) return "connection: close\r\n\r\n";
    return `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(this.#owner.keepAliveMs / 1000)}\r\n\r\n`;
  }

  writeText(latin1: string): boolean {
    return this.#writer.write(latin1);
  }

  writeAround(before: string, bytes: Uint8Array, after: string): boolean {
    const socket = this.#socket;
    socket.cork();
    this.#writer.flush();
    socket.write(before, "latin1");
    let isRoom = socket.write(bytes);
    if (after !== "") isRoom = socket.write(after, "latin1");
    socket.uncork();
    return isRoom;
  }

  onDrain(listener: () => void): void {
    this.#socket.once("drain", listener);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  onAnswered(exchange: ClientExchange): void {
    if (this.#exchange !== exchange) return;
    const isLast = !exchange.isKeptAlive || !this.#isKeptPromised || exchange.isUndecided;
    if (isLast || this.#socket.writableLength > 0) {
      this.#writer.flush();
      requireReader(this.#socket);
    }
    if (isLast) return this.#linger();
    if (exchange.isReceived) {
      this.#goIdle();
      this.#serve();
      return;
    }
    exchange.discardBody();
    this.#discardedBytes = 0;
    this.#waitFor("discard", this.#owner.requestTimeoutMs);
  }

  destroy(): void {
    this.#writer.flush();
    this.#socket.destroy();
    this.#lose();
  }

  // The parser's side.

  onHead(head: RequestHead): void {
    this.#headDeadlineMs = Infinity;
    this.#exchange = new ClientExchange(this, head);
    this.#isFresh = true;
  }

  onBody(piece: Buffer): void {
    this.#exchange?.takePiece(piece);
    if (this.#phase !== "discard") return;
    this.#discardedBytes += piece.length;
    if (this.#discardedBytes > discardedBytesLimit) this.#linger();
  }

  onFilled(length: number): void {
    this.#exchange?.takeFilled(length);
  }

  onEnd(): void {
    const exchange = this.#exchange;
    if (this.#phase !== "discard") this.#waitFor("answer", Infinity);
    exchange?.takeEnd();
    if (this.#phase === "discard") this.#goIdle();
  }

  onRefused(refusal: RequestRefusal): void {
    this.#refuse(refusal);
  }

  #read(bytes: Buffer): void {
    if (this.#phase === "linger") return;
    this.#parser.push(bytes);
    this.#serve();
  }

  /** Something of an answer is not with the system yet. */
  get #isOwed(): boolean {
    return this.#writer.isWaiting || this.#socket.writableLength > 0;
  }

  /** Hands over what has come, request after request as long as answers are there at once. */
  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    do {
      if (this.#isFresh) {
        this.#isFresh = false;
        this.#owner.handle(this.#exchange!);
      }
      if (this.#exchange === null) {
        // Before what comes next: it may be a request that wants to wait itself.
        if (this.#socket.isPaused()) this.#socket.resume();
        this.#parser.next();
      }
    } while (this.#isFresh);
    this.#isServing = false;
    this.#watchRequest();
    if (this.#parser.waitingBytes > waitingBytesLimit) this.#socket.pause();
  }

  #goIdle(): void {
    this.#exchange = null;
    this.#waitFor("idle", this.#owner.keepAliveMs + keepAliveGraceMs);
  }

  /** A request of which a part is here has its time from now on, if it has none yet. */
  #watchRequest(): void {
    if (!this.#parser.isWithin || (this.#phase !== "first" && this.#phase !== "idle")) return;
    const { headersTimeoutMs, requestTimeoutMs } = this.#owner;
    this.#waitFor("request", requestTimeoutMs);
    if (this.#exchange === null) this.#headDeadlineMs = performance.now() + headersTimeoutMs;
  }

  #waitFor(phase: Phase, limitMs: number): void {
    this.#phase = phase;
    this.#deadlineMs = limitMs === Infinity ? Infinity : performance.now() + limitMs;
  }

  /** Answers what is no request in HTTP all the same: people look at these with curl. */
  #refuse(refusal: RequestRefusal): void {
    const exchange = this.#exchange;
    const isTooLate = exchange !== null && exchange.hasHead;
    this.#parser.stop();
    this.#exchange = null;
    this.#isFresh = false;
    exchange?.lose();
    if (isTooLate) return this.destroy();
    const { status, headers, body } = this.#owner.refuse(refusal);
    const head = renderAnswerHead(status, headers, Date.now());
    const text = `${head}content-length: ${Buffer.byteLength(body)}\r\n${this.connectionLines(false)}${body}`;
    this.#writer.flush();
    this.#socket.write(Buffer.from(text));
    this.#linger();
  }

  /** Ends our side, and leaves the client the time to read and to close its own. */
  #linger(): void {
    this.#exchange = null;
    this.#isFresh = false;
    this.#headDeadlineMs = Infinity;
    this.#parser.stop();
    this.#waitFor("linger", lingerMs);
    this.#writer.flush();
    this.#socket.end(() => this.#waitFor("linger", lingerMs));
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #lose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parser.stop();
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#owner.onClosed(this);
    // What is left of a complete answer still goes out; a call that goes on has nobody to go on for.
    this.#writer.flush();
    if (exchange === null && this.#socket.writableLength > 0) this.#socket.end();
    else this.#socket.destroy();
    exchange?.lose();
  }
}
