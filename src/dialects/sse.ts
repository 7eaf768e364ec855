/**
 * Server-sent events: bytes to events, whatever way the bytes were cut, and events to text.
 *
 * The reader scans bytes for line ends and decodes each value once, whole, so a cut inside a character, a CRLF
 * or a field name cannot show. It follows https://html.spec.whatwg.org/multipage/server-sent-events.html but for
 * two things: a last event without its blank line is delivered at the end, because providers leave it out, and a field `error`
 * is the data of an event of that name, as llama.cpp's server meant it (https://github.com/ggml-org/llama.cpp/pull/16109).
 * An object that stands in the stream without any field is told by a name of its own: so servers pass errors of those behind
 * them on (https://github.com/lemonade-sdk/lemonade/issues/2826). It knows nothing of any dialect.
 */

/** Receives an event's data, and its name: "" where the event has none. */
export type SseListener = (data: string, event: string) => void;

/** The name of an object without a field. Clients see none of it. */
export const unframed = "{";

/** Largest event in bytes: a whole image or file in one event fits, a provider gone mad does not fill the memory. */
export const maxSseEventBytes: number = 16 * 1024 * 1024;

/** One event with a name. `json` must be on one line, as JSON.stringify leaves it. */
export function formatSseEvent(event: string, json: string): string {
  return `event: ${event}\ndata: ${json}\n\n`;
}

/** One event without a name. `json` must be on one line, as JSON.stringify leaves it. */
export function formatSseData(json: string): string {
  return `data: ${json}\n\n`;
}

const lineFeed = 10;
const carriageReturn = 13;
const colon = 58;
const space = 32;
const openingBrace = 123;

/** A reader of one stream, which calls `onEvent` once an event, in order. */
export class SseReader {
  readonly #onEvent: SseListener;
  readonly #maxEventBytes: number;
  /** Bytes of a line whose end has not come. Grows by doubling: one byte a push stays linear. */
  #carry: Buffer = Buffer.alloc(0);
  #carryLength = 0;
  #data: string | null = null;
  #event = "";
  /** The last byte was a CR that ended a line: a LF that follows belongs to it. */
  #isAfterCr = false;
  #isFirstLine = true;
  #isOverflown = false;

  constructor(onEvent: SseListener, maxEventBytes: number = maxSseEventBytes) {
    this.#onEvent = onEvent;
    this.#maxEventBytes = maxEventBytes;
  }

  /** A piece of the stream; its events are delivered before it returns. The bytes are not kept. */
  push(chunk: Uint8Array): void {
    if (this.#isOverflown || chunk.length === 0) return;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let start = 0;
    if (this.#isAfterCr) {
      this.#isAfterCr = false;
      if (bytes[0] === lineFeed) start = 1;
    }
    let nextLf = bytes.indexOf(lineFeed, start);
    let nextCr = bytes.indexOf(carriageReturn, start);
    while (nextLf !== -1 || nextCr !== -1) {
      const isCr = nextLf === -1 || (nextCr !== -1 && nextCr < nextLf);
      const end = isCr ? nextCr : nextLf;
      this.#endLine(bytes, start, end);
      start = end + 1;
      if (isCr) {
        if (start === bytes.length) this.#isAfterCr = true;
        else if (bytes[start] === lineFeed) start++;
      }
      if (nextLf !== -1 && nextLf < start) nextLf = bytes.indexOf(lineFeed, start);
      if (nextCr !== -1 && nextCr < start) nextCr = bytes.indexOf(carriageReturn, start);
    }
    if (start < bytes.length) this.#keep(bytes, start, bytes.length);
  }

  /** The stream is over: delivers a last event that lacks its blank line. */
  end(): void {
    if (this.#isOverflown) return;
    if (this.#carryLength > 0) this.#endLine(this.#carry, 0, 0);
    this.#dispatch();
  }

  /** Whether nothing of an unfinished event is held: the next byte begins a new one. */
  isAtBoundary(): boolean {
    return this.#carryLength === 0 && this.#data === null && this.#event === "" && !this.#isAfterCr;
  }

  /** Whether an event passed the size limit. Nothing is delivered any more then. */
  isOverflown(): boolean {
    return this.#isOverflown;
  }

  /** Ends a line whose last part is `bytes[start, end)`; what came before is in the carry. */
  #endLine(bytes: Buffer, start: number, end: number): void {
    if (this.#carryLength === 0) {
      this.#readLine(bytes, start, end);
      return;
    }
    this.#keep(bytes, start, end);
    const length = this.#carryLength;
    this.#carryLength = 0;
    this.#readLine(this.#carry, 0, length);
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const length = this.#carryLength + end - start;
    if (length + (this.#data?.length ?? 0) > this.#maxEventBytes) {
      this.#overflow();
      return;
    }
    if (length > this.#carry.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, this.#carry.length * 2, 1024));
      this.#carry.copy(grown, 0, 0, this.#carryLength);
      this.#carry = grown;
    }
    bytes.copy(this.#carry, this.#carryLength, start, end);
    this.#carryLength = length;
  }

  #readLine(bytes: Buffer, lineStart: number, end: number): void {
    let start = lineStart;
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
    }
    if (start >= end) {
      this.#dispatch();
    } else if (isField(bytes, start, end, dataField)) {
      this.#endUnframed();
      this.#addData(fieldValue(bytes, start + dataField.length, end));
    } else if (isField(bytes, start, end, eventField)) {
      this.#endUnframed();
      this.#event = fieldValue(bytes, start + eventField.length, end);
    } else if (isField(bytes, start, end, errorField)) {
      this.#endUnframed();
      this.#event = "error";
      this.#addData(fieldValue(bytes, start + errorField.length, end));
    } else if (bytes[start] === openingBrace) {
      this.#dispatch();
      this.#event = unframed;
      this.#addData(bytes.toString("utf8", start, end));
    } else if (this.#event === unframed) {
      this.#addData(bytes.toString("utf8", start, end));
    }
  }

  /** A field ends an object that stood before it. */
  #endUnframed(): void {
    if (this.#event === unframed) this.#dispatch();
  }

  #addData(value: string): void {
    if ((this.#data?.length ?? 0) + value.length > this.#maxEventBytes) this.#overflow();
    else this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    this.#data = null;
    this.#event = "";
    if (data !== null && !this.#isOverflown) this.#onEvent(data, event);
  }

  #overflow(): void {
    this.#isOverflown = true;
    this.#data = null;
    this.#carry = Buffer.alloc(0);
    this.#carryLength = 0;
  }
}

const dataField = Buffer.from("data");
const eventField = Buffer.from("event");
const errorField = Buffer.from("error");

/** Whether the line is the field `name`: the name alone, or the name and a colon. */
function isField(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  const after = start + name.length;
  if (after > end || (after < end && bytes[after] !== colon)) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** What follows a field's name at `after`, without the colon and one space. */
function fieldValue(bytes: Buffer, after: number, end: number): string {
  let start = after + 1;
  if (start < end && bytes[start] === space) start++;
  return start < end ? bytes.toString("utf8", start, end) : "";
}
