/** One request of a client and its answer, over the connection that carries both. */
import { joinedBytesLimit, toLatin1 } from "../core/http/joined-write.ts";
import type { Exchange, FlatHeaders, RequestReceiver } from "../gateway/request/exchange.ts";
import type { HeadMemo } from "../gateway/request/head-memo.ts";
import { isBodiless, renderAnswerHead } from "./answer-head.ts";
import type { RequestHead } from "./request-head.ts";
import { headerOf } from "./request-head.ts";

/** What an exchange asks of its connection. Nothing is written any more once it is gone or answered. */
export interface ExchangeCarrier {
  /** Lines on whether the connection stays, with the empty line that ends a head. */
  connectionLines(isKept: boolean): string;
  writeText(latin1: string): boolean;
  /** Text, bytes, text: in one go, the bytes uncopied. */
  writeAround(before: string, bytes: Uint8Array, after: string): boolean;
  onDrain(listener: () => void): void;
  /** Stops and starts reading: the body waits in the kernel, and then at the client. */
  pause(): void;
  resume(): void;
  /** The answer is complete. */
  onAnswered(exchange: ClientExchange): void;
  destroy(): void;
}

/** Of a body that nobody has asked for yet. */
const keptBytesLimit = 65_536;

const slash = 0x2f;

type AnswerState = "none" | "begun" | "complete";

export class ClientExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly string[];
  readonly memo: HeadMemo;
  bytesWritten = 0;
  isGone = false;
  /** The whole request is here. */
  isReceived = false;
  /** Whether the connection may carry another request after this one. */
  isKeptAlive: boolean;
  readonly #carrier: ExchangeCarrier;
  readonly #isOld: boolean;
  #expectsContinue: boolean;
  #answer: AnswerState = "none";
  #status = 0;
  #isChunked = false;
  /** The head of an answer whose first piece is still to come. */
  #waitingHead = "";
  #onGone: (() => void) | null = null;
  #receiver: RequestReceiver | null = null;
  #isDiscarding = false;
  #isPaused = false;
  #kept: Buffer[] | null = null;
  #keptBytes = 0;

  constructor(carrier: ExchangeCarrier, head: RequestHead) {
    this.#carrier = carrier;
    this.method = head.method;
    this.headers = head.headers;
    this.memo = head.memo;
    this.isKeptAlive = head.isKeptAlive;
    this.#isOld = head.isOld;
    this.#expectsContinue = head.expectsContinue;
    const target = originForm(head.target);
    const mark = target.indexOf("?");
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? "" : target.slice(mark);
  }

  header(name: string): string | undefined {
    return headerOf(this.headers, name);
  }

  get status(): number {
    return this.#answer === "none" ? 499 : this.#status;
  }

  get hasHead(): boolean {
    return this.#answer !== "none";
  }

  get wholeBody(): Buffer | null {
    if (!this.isReceived || this.#isDiscarding) return null;
    if (this.#kept === null) return noBytes;
    return this.#kept.length === 1 ? this.#kept[0]! : null;
  }

  receive(receiver: RequestReceiver): void {
    if (this.isGone) {
      receiver.onGone();
      return;
    }
    if (this.#expectsContinue && this.#kept === null && this.#answer === "none") {
      this.#carrier.writeText("HTTP/1.1 100 Continue\r\n\r\n");
    }
    this.#expectsContinue = false;
    this.#receiver = receiver;
    const kept = this.#kept;
    this.#dropKept();
    if (kept !== null) for (const piece of kept) receiver.onData(piece);
    if (this.isReceived) receiver.onEnd();
  }

  pauseBody(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#carrier.pause();
  }

  resumeBody(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#carrier.resume();
  }

  discardBody(): void {
    this.#isDiscarding = true;
    this.#receiver = null;
    this.#dropKept();
  }

  onGone(listener: (() => void) | null): void {
    this.#onGone = listener;
    if (this.isGone) listener?.();
  }

  respond(status: number, headers: FlatHeaders, body: string | Uint8Array): void {
    if (this.isGone || this.#answer !== "none") return;
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    const lengthLine = isBodiless(status) ? "" : `content-length: ${length}\r\n`;
    const head = this.#renderHead(status, headers, lengthLine);
    this.bytesWritten = length;
    if (length === 0 || this.#hasNoBody()) this.#carrier.writeText(head);
    else this.#writeJoined(head, body, length, "");
    this.#complete();
  }

  begin(status: number, headers: FlatHeaders): void {
    if (this.isGone || this.#answer !== "none") return;
    this.#isChunked = !this.#isOld && !isBodiless(status);
    // Before HTTP/1.1 the end of the connection is the end of the body.
    if (this.#isOld) this.isKeptAlive = false;
    this.#waitingHead = this.#renderHead(status, headers, this.#isChunked ? "transfer-encoding: chunked\r\n" : "");
  }

  write(piece: string | Uint8Array): boolean {
    if (this.isGone || this.#answer !== "begun" || piece.length === 0) return true;
    const length = typeof piece === "string" ? Buffer.byteLength(piece) : piece.byteLength;
    this.bytesWritten += length;
    const head = this.#waitingHead;
    this.#waitingHead = "";
    if (this.#hasNoBody()) return head === "" || this.#carrier.writeText(head);
    if (!this.#isChunked) return this.#writeJoined(head, piece, length, "");
    return this.#writeJoined(`${head}${length.toString(16)}\r\n`, piece, length, "\r\n");
  }

  onDrain(listener: () => void): void {
    this.#carrier.onDrain(listener);
  }

  end(): void {
    if (this.isGone || this.#answer !== "begun") return;
    const last = this.#isChunked && this.method !== "HEAD" ? `${this.#waitingHead}0\r\n\r\n` : this.#waitingHead;
    this.#waitingHead = "";
    if (last !== "") this.#carrier.writeText(last);
    this.#complete();
  }

  closeAfter(): void {
    this.isKeptAlive = false;
  }

  destroy(): void {
    if (this.#answer !== "complete") this.#carrier.destroy();
  }

  /** Whether the client still waits to be told to send its body: nobody knows whether it will. */
  get isUndecided(): boolean {
    return this.#expectsContinue && !this.isReceived;
  }

  /** Of the connection: a piece of the body, which is lent. */
  takePiece(piece: Buffer): void {
    this.#expectsContinue = false;
    if (this.#isDiscarding) return;
    const { space } = this;
    if (space !== null && space.length >= piece.length) {
      piece.copy(space);
      this.takeFilled(piece.length);
      return;
    }
    const own = Buffer.from(piece);
    if (this.#receiver !== null) {
      this.#receiver.onData(own);
      return;
    }
    this.#kept ??= [];
    this.#kept.push(own);
    this.#keptBytes += piece.length;
    if (this.#keptBytes > keptBytesLimit) this.pauseBody();
  }

  /** Of the connection: where the receiver wants the next bytes of the body; null: nowhere. */
  get space(): Buffer | null {
    return this.#isDiscarding ? null : (this.#receiver?.space?.next() ?? null);
  }

  /** Of the connection: `length` bytes of the body are in the space that was asked for. */
  takeFilled(length: number): void {
    if (!this.#isDiscarding) this.#receiver?.space?.onFilled(length);
  }

  /** Of the connection: the request is complete. */
  takeEnd(): void {
    this.isReceived = true;
    this.#receiver?.onEnd();
  }

  /** Of the connection: it is lost, or the request went wrong. Whoever serves the exchange hears of it. */
  lose(): void {
    if (this.isGone || this.#answer === "complete") return;
    this.isGone = true;
    const receiver = this.#receiver;
    this.#receiver = null;
    this.#kept = null;
    if (!this.isReceived) receiver?.onGone();
    this.#onGone?.();
  }

  #hasNoBody(): boolean {
    return this.method === "HEAD" || isBodiless(this.#status);
  }

  #renderHead(status: number, headers: FlatHeaders, framing: string): string {
    for (let index = 0; index < headers.length; index += 2) {
      if (headers[index] === "connection" && headers[index + 1] === "close") this.isKeptAlive = false;
    }
    const head = renderAnswerHead(status, headers, Date.now());
    this.#answer = "begun";
    this.#status = status;
    return head + framing + this.#carrier.connectionLines(this.isKeptAlive);
  }

  #writeJoined(before: string, body: string | Uint8Array, length: number, after: string): boolean {
    if (typeof body === "string") {
      // As many bytes as characters: ASCII, which is latin1 as it stands.
      if (length === body.length) return this.#carrier.writeText(before + body + after);
      return this.#writeJoined(before, Buffer.from(body), length, after);
    }
    if (length > joinedBytesLimit) return this.#carrier.writeAround(before, body, after);
    return this.#carrier.writeText(before + toLatin1(body) + after);
  }

  #complete(): void {
    this.#answer = "complete";
    this.#onGone = null;
    this.#carrier.onAnswered(this);
  }

  #dropKept(): void {
    this.#kept = null;
    this.#keptBytes = 0;
    this.resumeBody();
  }
}

const noBytes = Buffer.alloc(0);

/** `http://host/path` as `/path`: servers must take both (RFC 9112, 3.2.2). The Host header stays what is checked. */
function originForm(target: string): string {
  if (target.charCodeAt(0) === slash) return target;
  const [, path] = /^https?:\/\/[^/?#]*(.*)$/i.exec(target) ?? [];
  if (path === undefined) return target;
  return path.startsWith("/") ? path : `/${path}`;
}
