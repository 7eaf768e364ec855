/**
 * A parser for the answers on one HTTP/1.1 connection: bytes in, events out. It keeps state between reads and does no
 * I/O.
 *
 * Pieces of a body are views of the bytes that were pushed, not copies: those belong to the parser from then on.
 */
import { HeadRefusal, parseAnswerHead } from "./http-answer-head.ts";
import type { BodyFraming, ParsedHead } from "./http-answer-head.ts";
import { ChunkFraming } from "../../../core/http/http-chunk-framing.ts";

/** What a parser tells, in order. `onEnd` and `onRefused` are an answer's last. */
export interface AnswerEvents {
  /** Answers of status 1xx are skipped. */
  onHead(head: ParsedHead): void;
  onBody(piece: Uint8Array): void;
  /** `hasMore`: bytes that nobody asked for follow the answer. */
  onEnd(hasMore: boolean): void;
  onRefused(reason: string): void;
}

/** Head of an answer, informational ones before it not counted. */
const headBytesLimit = 65_536;

type State = "head" | "done" | BodyFraming["kind"];

const cr = 13;
const lf = 10;
const headEnd: Buffer = Buffer.from("\r\n\r\n");
const protocol = "HTTP/1.";

export class HttpAnswerParser {
  readonly #events: AnswerEvents;
  #state: State = "head";
  #isStopped = false;
  /** The part of a head that came with earlier reads. */
  #kept: Buffer | null = null;
  #keptBytes = 0;
  /** Of a body of known length. */
  #leftBytes = 0;
  #chunks: ChunkFraming | null = null;

  constructor(events: AnswerEvents) {
    this.#events = events;
  }

  /** Makes it ready for the next answer. */
  reset(): void {
    this.#state = "head";
    this.#isStopped = false;
    this.#keptBytes = 0;
    this.#kept = null;
  }

  /** No more events, also from within one. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Reads bytes, which the caller must not use any more. */
  push(bytes: Buffer): void {
    if (this.#isStopped) return;
    switch (this.#state) {
      case "head":
        this.#pushHead(bytes);
        break;
      case "length":
        this.#pushLength(bytes, 0);
        break;
      case "until-close":
        this.#events.onBody(bytes);
        break;
      case "chunked":
        this.#pushChunked(bytes, 0, this.#chunks!);
        break;
      case "done":
    }
  }

  /** The connection was closed. False if that is in mid-answer; else the answer has ended, if it had not before. */
  finish(): boolean {
    if (this.#state === "until-close") {
      this.#state = "done";
      if (!this.#isStopped) this.#events.onEnd(false);
    }
    return this.#state === "done";
  }

  #pushHead(bytes: Buffer): void {
    const searchedBytes = Math.max(0, this.#keptBytes - 3);
    const block = this.#keptBytes === 0 ? bytes : this.#append(bytes);
    let start = 0;
    let end = block.indexOf(headEnd, searchedBytes);
    while (end !== -1) {
      if (end - start > headBytesLimit) return this.#refuse("more header bytes than allowed");
      const head = parseAnswerHead(block, start, end);
      if (head instanceof HeadRefusal) return this.#refuse(head.reason);
      if (head.status === 101) return this.#refuse("a change of protocol that nobody asked for");
      start = end + 4;
      if (head.status >= 200) return this.#beginBody(head, block, start);
      end = block.indexOf(headEnd, start);
    }
    this.#keepHead(block, start);
  }

  /** Keeps an unfinished head, if it can become one. */
  #keepHead(block: Buffer, start: number): void {
    const bytes = block.length - start;
    if (bytes > headBytesLimit) return this.#refuse("more header bytes than allowed");
    const begin = block.toString("latin1", start, start + protocol.length);
    if (!protocol.startsWith(begin)) return this.#refuse("its first line is no status line");
    const firstLineEnd = block.indexOf(lf, start);
    if (firstLineEnd !== -1 && block[firstLineEnd - 1] !== cr) return this.#refuse("a bare line feed in its head");
    if (start > 0 || this.#keptBytes === 0) this.#kept = Buffer.from(block.subarray(start));
    this.#keptBytes = bytes;
  }

  #append(bytes: Buffer): Buffer {
    const kept = this.#kept!;
    const wantedBytes = this.#keptBytes + bytes.length;
    if (wantedBytes > kept.length) {
      this.#kept = Buffer.allocUnsafeSlow(Math.max(1_024, wantedBytes * 2));
      kept.copy(this.#kept, 0, 0, this.#keptBytes);
    }
    bytes.copy(this.#kept!, this.#keptBytes);
    return this.#kept!.subarray(0, wantedBytes);
  }

  #beginBody(head: ParsedHead, bytes: Buffer, at: number): void {
    const { framing } = head;
    this.#kept = null;
    this.#keptBytes = 0;
    this.#state = framing.kind;
    this.#events.onHead(head);
    if (this.#isStopped) return;
    if (framing.kind === "length") {
      this.#leftBytes = framing.bytes;
      this.#pushLength(bytes, at);
    } else if (framing.kind === "chunked") {
      this.#chunks = new ChunkFraming();
      this.#pushChunked(bytes, at, this.#chunks);
    } else this.#emit(bytes, at, bytes.length);
  }

  #pushLength(bytes: Buffer, at: number): void {
    const end = Math.min(bytes.length, at + this.#leftBytes);
    this.#leftBytes -= end - at;
    this.#emit(bytes, at, end);
    if (this.#leftBytes === 0) this.#end(end < bytes.length);
  }

  #pushChunked(bytes: Buffer, start: number, chunks: ChunkFraming): void {
    let at = start;
    while (at < bytes.length && !this.#isStopped) {
      at = chunks.read(bytes, at);
      this.#emit(bytes, chunks.from, chunks.to);
      if (chunks.problem !== null) return this.#refuse(chunks.problem);
      if (chunks.isDone) return this.#end(at < bytes.length);
    }
  }

  #emit(bytes: Buffer, from: number, to: number): void {
    if (to === from || this.#isStopped) return;
    this.#events.onBody(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
  }

  /** The last act of a push: the listener may begin the next answer at once. */
  #end(hasMore: boolean): void {
    this.#state = "done";
    if (!this.#isStopped) this.#events.onEnd(hasMore);
  }

  #refuse(reason: string): void {
    if (this.#isStopped) return;
    this.#state = "done";
    this.#isStopped = true;
    this.#events.onRefused(reason);
  }
}
