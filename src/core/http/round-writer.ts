/**
 * Short texts for a socket. Where the event loop is busy they are written when its round is over, those of many sockets
 * one behind the other; where it is not, at once.
 *
 * A write wakes whoever reads from it, often on a core that sleeps, and with every wake-up between two requests the
 * caches cool down: at 8 to 32 connections a call costs a fifth less when its writes stand together
 * (docs/performance.md). A call by itself would only wait for what is done after its answer.
 */
import type { Socket } from "node:net";

/** A round with so many texts is busy, and the next one is taken to be. */
const busyTexts = 3;

/** So many sockets wait at most: the first of them waits for the work of as many others. */
const waitingLimit = 32;

/** More than this of one socket is written at once. */
const textLimit = 65_536;

let waiting: RoundWriter[] = [];
let textsOfRound = 0;
let isBusy = false;

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
    if (textsOfRound++ === 0) setImmediate(endRound);
    const isFirst = this.#text === "";
    if (isFirst && !isBusy) return this.#socket.write(latin1, "latin1");
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
  if (waiting.push(writer) >= waitingLimit) flushAll();
}

function endRound(): void {
  isBusy = textsOfRound >= busyTexts;
  textsOfRound = 0;
  flushAll();
}

function flushAll(): void {
  const writers = waiting;
  waiting = [];
  for (const writer of writers) writer.flush();
}
