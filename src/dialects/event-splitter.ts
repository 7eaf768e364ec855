/**
 * Streams whose events end with one line feed, as some local servers write them, get the blank lines without which clients take
 * all of a stream for one event.
 *
 * It shows where a payload, or in a stream of named events a name, begins behind a line that closes an object: lines of one
 * payload never stand so, for JSON has a comma there. All other streams pass as the bytes that came, and only their beginning is
 * looked at.
 */
import { maxSseEventBytes } from "./sse.ts";

/** A stream that shows nothing so far is left as it is. */
const heldLimitBytes = 64 * 1024;

/** What ends the first event: a blank line, or nothing but the next one's beginning. */
const firstEnd = /\n\r?\n|\r\r|\}\r?\n(?:data: ?[{[]|event:)/;

/** With what a piece may end either. */
const signs = /[\n\r{[]/;

const nameLine = /^event:/m;

/** What an event ends with where blank lines are missing. */
const dataLines = /^data:[^\n]*\n/gm;

const lineFeed = 0x0a;
const nothing = Buffer.alloc(0);

/** Splits the events of one stream. */
export class EventSplitter {
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Whether events lack their blank lines; null until the first one's end. */
  #areJoined: boolean | null = null;

  /** A piece of the stream; what is known of it to be split. */
  push(piece: Uint8Array): Uint8Array {
    if (this.#areJoined === false) return piece;
    return this.#areJoined === null ? this.#begin(piece) : this.#split(piece);
  }

  /** What still waits, where the stream is over. */
  rest(): Uint8Array {
    const rest = Buffer.concat(this.#held);
    this.#held = [];
    return rest;
  }

  #begin(piece: Uint8Array): Uint8Array {
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    const isFull = this.#heldBytes > heldLimitBytes;
    if (!isFull && !signs.test(latin1(piece))) return nothing;
    const bytes = this.#held.length === 1 ? piece : Buffer.concat(this.#held);
    const areJoined = showsJoined(latin1(bytes));
    if (areJoined === null && !isFull) return nothing;
    this.#held = [];
    this.#heldBytes = 0;
    this.#areJoined = areJoined === true;
    return this.#areJoined ? this.#split(bytes) : bytes;
  }

  /** Line by line: what has come of the last one waits for its end, unless it is beyond all size. */
  #split(piece: Uint8Array): Uint8Array {
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    const isFull = this.#heldBytes > maxSseEventBytes;
    if (!isFull && !piece.includes(lineFeed)) return nothing;
    const bytes = Buffer.concat(this.#held);
    const end = isFull ? bytes.length : bytes.lastIndexOf(lineFeed) + 1;
    this.#held = [bytes.subarray(end)];
    this.#heldBytes = bytes.length - end;
    return Buffer.from(bytes.toString("latin1", 0, end).replaceAll(dataLines, "$&\n"), "latin1");
  }
}

/** Whether the first event lacks its blank line; null before its end. */
function showsJoined(text: string): boolean | null {
  const end = firstEnd.exec(text);
  if (end === null) return null;
  // Behind a payload the name of its own event may stand, where there was none before it.
  return end[0].endsWith("event:") ? nameLine.test(text.slice(0, end.index)) : end[0].includes("data");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
