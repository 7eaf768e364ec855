/**
 * The client's side of a call: its request, and the answer that is being written to it. src/server/ has one over a socket.
 */

import type { HeadMemo } from "./head-memo.ts";

/** Header names and values in turn. */
export type FlatHeaders = string[];

/** Takes a request's body. Called in order; exactly one of `onEnd` and `onGone` is the last call. */
export interface RequestReceiver {
  /** The bytes are the receiver's. */
  onData(piece: Buffer): void;
  onEnd(): void;
  /** The client left, or what it sent broke off or was no HTTP. */
  onGone(): void;
  /** Without one, `onData` gets all bytes. */
  readonly space?: BodySpace;
}

/** Memory of a receiver that the system reads a large body into, so that nobody copies it. */
export interface BodySpace {
  /** For the next bytes; null: `onData` gets them. Not to be given back before the body is over, or its client gone. */
  next(): Buffer | null;
  /** `length` of the next bytes are in it. */
  onFilled(length: number): void;
}

export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** With its question mark, or "". */
  readonly query: string;
  /** Of the request: names in lower case and values in turn, each name once. */
  readonly headers: readonly string[];
  /** Of this request's head, and shared with those on its connection that have the same. */
  readonly memo: HeadMemo;
  /** The request's body where it came at once and whole; null: `receive` it. */
  readonly wholeBody: Buffer | null;
  /** Bytes of the answer's body given to the client's socket. */
  readonly bytesWritten: number;
  /** Whether the client left before its answer was complete. */
  readonly isGone: boolean;
  /** The status that the client got; 499 if it left before it got one. */
  readonly status: number;
  /** Whether an answer has begun. */
  readonly hasHead: boolean;

  /** A header of the request, its name in lower case. */
  header(name: string): string | undefined;
  /** Starts the body's flow, once; pieces that are here already come at once. */
  receive(receiver: RequestReceiver): void;
  /** For a receiver that cannot keep up: what is to come waits at the client; pieces that are here already still come. */
  pauseBody(): void;
  resumeBody(): void;
  /** The rest of the body is read and thrown away, so that the client, still sending, gets to read our answer. */
  discardBody(): void;

  /** Calls `listener` when the client leaves early: at once if it has left. One listener at a time. */
  onGone(listener: (() => void) | null): void;
  /** A whole answer in one write. */
  respond(status: number, headers: FlatHeaders, body: string | Uint8Array): void;
  /** An answer whose body follows piece by piece. Its head goes out with the first of them, or with the end. */
  begin(status: number, headers: FlatHeaders): void;
  /** False: the client reads slower than we write; `onDrain` tells when it has caught up. */
  write(piece: string | Uint8Array): boolean;
  onDrain(listener: () => void): void;
  end(): void;
  /** Lets the connection end with this answer: the client finds another instance for its next request. */
  closeAfter(): void;
  /** Breaks the connection: the only honest end of a whole answer of which a part is missing. */
  destroy(): void;
}
