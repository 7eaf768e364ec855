/**
 * Streams of the OpenAI dialect whose events end with one line feed, as some local servers write them, get the blank lines without
 * which clients take all of a stream for one event.
 *
 * It shows where a payload begins behind a line that closes an object: lines of one payload never stand so, for JSON has a comma there. All
 * other streams pass as the bytes that came, and only their beginning is looked at.
 */

/** A stream that shows nothing so far is left as it is. */
const heldLimitBytes = 64 * 1024;

/** What ends the first event: a blank line, or nothing but the next one's beginning. */
const firstEnd = /\n\r?\n|\r\r|\}\r?\ndata: ?[{[]/;

/** With what a piece may end either. */
const signs = /[\n\r{[]/;

const nothing = Buffer.alloc(0);

/** Splits the events of one stream. */
export class EventSplitter {
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Whether events lack their blank lines; null until the first one's end. */
  #areJoined: boolean | null = null;

  /** A piece of the stream; what is known of it to be split. */
  push(piece: Uint8Array): Uint8Array {
    if (this.#areJoined === null) return this.#begin(piece);
    return this.#areJoined ? withBlankLines(piece) : piece;
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
    const end = firstEnd.exec(latin1(bytes))?.[0];
    if (end === undefined && !isFull) return nothing;
    this.#held = [];
    this.#areJoined = end?.includes("data") === true;
    return this.#areJoined ? withBlankLines(bytes) : bytes;
  }
}

function withBlankLines(bytes: Uint8Array): Uint8Array {
  return Buffer.from(latin1(bytes).replaceAll("\n", "\n\n"), "latin1");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
