/**
 * A parser for the requests on one connection: bytes in, events out, one request at a time. It keeps state between reads
 * and does no I/O.
 *
 * What follows a request waits until `next` asks for it. Bytes that are pushed are lent: a piece of a body is a view of them
 * for as long as its event takes, and what is kept is copied.
 */
import { ChunkFraming } from "../core/http/http-chunk-framing.ts";
import { headText } from "../core/http/http-head-text.ts";
import { HeadReader } from "./head-reader.ts";
import type { RecentHeads } from "./head-reader.ts";
import { parseRequestLine } from "./request-head.ts";
import type { RequestHead, RequestRefusal } from "./request-head.ts";

/** What a parser tells, in order. `onEnd` and `onRefused` are a request's last. */
export interface RequestEvents {
  onHead(head: RequestHead): void;
  /** `piece` is lent: see above. */
  onBody(piece: Buffer): void;
  /** `length` bytes of the body are where they belong. */
  onFilled(length: number): void;
  onEnd(): void;
  onRefused(refusal: RequestRefusal): void;
}

/** Of a head. What we take, common servers (node among them) must take from us: their refusal would count against them. */
export const headBytesLimit = 16_384;

/** Empty lines before a request, which old clients send behind the one before. */
const emptyLinesLimit = 8;

const cr = 13;
const lf = 10;
const headEnd: Buffer = Buffer.from("\r\n\r\n");

/** What a request line can begin with: a method of up to 32 letters, the space behind it. */
const methodBegins = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?: |$)|$)/;

const noBytes = Buffer.alloc(0);

type State = "head" | "length" | "chunked" | "done" | "stopped";

export class RequestParser {
  readonly #events: RequestEvents;
  readonly #heads: HeadReader;
  #state: State = "head";
  /** An unfinished head, or what came behind a request that is complete. */
  #kept: Buffer | null = null;
  #leftBytes = 0;
  #chunks: ChunkFraming | null = null;

  constructor(events: RequestEvents, recent: RecentHeads) {
    this.#events = events;
    this.#heads = new HeadReader(recent);
  }

  /** A request, or its head, is here in part. */
  get isWithin(): boolean {
    return this.#state === "length" || this.#state === "chunked" || (this.#state === "head" && this.#kept !== null);
  }

  /** Of the body, as far as its length is known: bytes that are still to come. */
  get leftBytes(): number {
    return this.#state === "length" ? this.#leftBytes : 0;
  }

  /** Bytes that wait for `next`. */
  get waitingBytes(): number {
    return this.#state === "done" && this.#kept !== null ? this.#kept.length : 0;
  }

  /** No more events, also from within one. */
  stop(): void {
    this.#state = "stopped";
    this.#kept = null;
  }

  push(bytes: Buffer): void {
    if (this.#state === "length") this.#pushLength(bytes, 0);
    else if (this.#state === "chunked") this.#pushChunked(bytes, 0, this.#chunks!);
    else if (this.#state === "done") this.#keep(bytes, 0);
    else if (this.#state === "head") {
      const kept = this.#kept;
      this.#kept = null;
      if (kept === null) this.#pushHead(bytes, 0);
      else this.#pushHead(Buffer.concat([kept, bytes]), Math.max(0, kept.length - 3));
    }
  }

  /** Instead of `push`: the next `length` bytes, all of them of the body, were read to where they belong. */
  pushFilled(length: number): void {
    if (this.#state !== "length") return;
    this.#leftBytes -= length;
    this.#events.onFilled(length);
    if (this.#leftBytes === 0) this.#end(noBytes, 0);
  }

  /** Goes on to the next request, parts of which may be here. */
  next(): void {
    if (this.#state !== "done") return;
    this.#state = "head";
    const kept = this.#kept;
    this.#kept = null;
    if (kept !== null) this.#pushHead(kept, 0);
  }

  #pushHead(bytes: Buffer, searchFrom: number): void {
    const start = skipEmptyLines(bytes);
    if (start === -1) return this.#refuse("malformed");
    const end = bytes.indexOf(headEnd, Math.max(start, searchFrom));
    if ((end === -1 ? bytes.length : end) - start > headBytesLimit) return this.#refuse("headers-too-large");
    if (end === -1) {
      if (isHopeless(bytes, start)) return this.#refuse("malformed");
      this.#keep(bytes, start);
      return;
    }
    const head = this.#heads.read(bytes, start, end);
    if (typeof head === "string") return this.#refuse(head);
    this.#beginBody(head, bytes, end + 4);
  }

  #beginBody(head: RequestHead, bytes: Buffer, at: number): void {
    this.#state = head.bodyBytes === -1 ? "chunked" : "length";
    this.#leftBytes = head.bodyBytes;
    this.#events.onHead(head);
    if (this.#state === "length") this.#pushLength(bytes, at);
    else if (this.#state === "chunked") this.#pushChunked(bytes, at, (this.#chunks = new ChunkFraming()));
  }

  #pushLength(bytes: Buffer, at: number): void {
    const end = Math.min(bytes.length, at + this.#leftBytes);
    this.#leftBytes -= end - at;
    this.#emit(bytes, at, end);
    if (this.#leftBytes === 0) this.#end(bytes, end);
  }

  #pushChunked(bytes: Buffer, start: number, chunks: ChunkFraming): void {
    let at = start;
    while (at < bytes.length && this.#state === "chunked") {
      at = chunks.read(bytes, at);
      this.#emit(bytes, chunks.from, chunks.to);
      if (chunks.problem !== null) return this.#refuse("malformed");
      if (chunks.isDone) return this.#end(bytes, at);
    }
  }

  #emit(bytes: Buffer, from: number, to: number): void {
    if (to === from) return;
    this.#events.onBody(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
  }

  /** The request is complete; `bytes` from `at` on belong to the next one. */
  #end(bytes: Buffer, at: number): void {
    if (this.#state === "stopped") return;
    this.#state = "done";
    this.#chunks = null;
    this.#keep(bytes, at);
    this.#events.onEnd();
  }

  #keep(bytes: Buffer, at: number): void {
    if (at === bytes.length) return;
    const rest = bytes.subarray(at);
    this.#kept = this.#kept === null ? Buffer.from(rest) : Buffer.concat([this.#kept, rest]);
  }

  #refuse(refusal: RequestRefusal): void {
    if (this.#state === "stopped") return;
    this.stop();
    this.#events.onRefused(refusal);
  }
}

/** Where the request begins; -1 for more empty lines than any client sends. */
function skipEmptyLines(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === cr && bytes[at + 1] === lf) at += 2;
  return at > 2 * emptyLinesLimit ? -1 : at;
}

/** Whether an unfinished head is no HTTP already: nobody should wait for the rest of it. */
function isHopeless(bytes: Buffer, start: number): boolean {
  const lineEnd = bytes.indexOf(lf, start);
  if (lineEnd === -1) return bytes[start] !== cr && !methodBegins.test(bytes.toString("latin1", start, start + 40));
  if (bytes[lineEnd - 1] !== cr) return true;
  const line = headText(bytes, start, lineEnd - 1);
  return line === null || parseRequestLine(line) === null;
}
