/**
 * The bytes that end a broken pass-through stream properly.
 *
 * What has passed cannot be taken back, so an event cut in half must be ended before ours begins. A cut data
 * line is renamed on the way: a second `event:` line wins, and clients leave the data of a `ping` unread, where
 * they would fail on half a document.
 */

/** A blank line: two line ends, of which CR LF is one. */
const blankLine = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)$/;

/** The end of what has passed of one stream to one client. Work is done only when somebody asks: failures are rare, pieces are not. */
export class StreamTail {
  #last: Uint8Array = Buffer.alloc(0);

  /** A piece of the stream that went to the client. Kept by reference until the next one. */
  push(chunk: Uint8Array): void {
    this.#last = chunk.length >= 4 ? chunk : Buffer.concat([this.#last.subarray(-4), chunk]);
  }

  /** Whether the next byte begins an event: then a ping of our own may go out. */
  isAtBoundary(): boolean {
    return this.#last.length === 0 || blankLine.test(this.#end());
  }

  /** The last piece that passed. */
  lastPassed(): Buffer {
    return Buffer.from(this.#last.buffer, this.#last.byteOffset, this.#last.byteLength);
  }

  /** `errorEvent`, preceded by whatever ends the event that was cut. */
  closeWith(errorEvent: string): string {
    return closingBytes(this.#end()) + errorEvent;
  }

  /** What ends a whole event that lacks its blank line; "" where none does. */
  missingEnd(): string {
    if (this.isAtBoundary()) return "";
    return this.#end().endsWith("\n") ? "\n" : "\n\n";
  }

  /** The last four bytes tell whether a line, or an event, is complete: CR LF CR LF is the longest end. */
  #end(): string {
    return Buffer.from(this.#last.subarray(-4)).toString("latin1");
  }
}

function closingBytes(tail: string): string {
  if (tail === "" || blankLine.test(tail)) return "";
  // A line feed after a carriage return belongs to it: only the next one makes a blank line.
  if (tail.endsWith("\r")) return "\n\n";
  return tail.endsWith("\n") ? "\n" : "\nevent: ping\n\n";
}
