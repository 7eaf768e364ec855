/**
 * Short texts for a socket, written when the event loop's round is over: those of many sockets one behind the other.
 *
 * A write wakes whoever reads from it, often on a core that sleeps, and with every wake-up between two requests the
 * caches cool down. Side by side, a call at 8 to 32 connections costs a fifth less so (docs/performance.md).
 */
import type { Socket } from "node:net";

/** So many sockets wait at most: the first of them waits for the work of as many others. */
const waitingLimit = 32;

/** More than this of one socket is written at once. */
const textLimit = 65_536;

let waiting: RoundWriter[] = [];

/** For one socket. What is written to the socket itself must come after a `flush`. */
export class RoundWriter {
  readonly #socket: Socket;
  #text = "";

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Whether a text waits. */
  get isWaiting(): boolean {
    return this.#text !== "";
  }

  /** `latin1`: one byte a character. False if the socket has had enough: its `drain` will come. */
  write(latin1: string): boolean {
    const isFirst = this.#text === "";
    this.#text += latin1;
    if (this.#text.length > textLimit) this.flush();
    else if (isFirst) wait(this);
    return !this.#socket.writableNeedDrain;
  }

  /** Writes what waits. */
  flush(): void {
    const text = this.#text;
    if (text === "") return;
    this.#text = "";
    this.#socket.write(text, "latin1");
  }

  /** Forgets what waits: the socket is gone. */
  drop(): void {
    this.#text = "";
  }
}

function wait(writer: RoundWriter): void {
  if (waiting.push(writer) === 1) setImmediate(flushAll);
  else if (waiting.length >= waitingLimit) flushAll();
}

function flushAll(): void {
  const writers = waiting;
  waiting = [];
  for (const writer of writers) writer.flush();
}
