/**
 * The bytes that end a broken pass-through stream properly.
 *
 * What has passed cannot be taken back, so an event cut in half must be ended before ours begins. A cut data
 * line is renamed on the way: a second `event:` line wins, and clients leave the data of a `ping` unread, where
 * they would fail on half a document.
 */

/** Keeps the end of what has passed. */
export interface StreamTail {
  /** A piece of the stream that went to the client. */
  push(chunk: Uint8Array): void;
  /** `errorEvent`, preceded by whatever ends the event that was cut. */
  closeWith(errorEvent: string): string;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** A tail of one stream to one client. */
export function createStreamTail(): StreamTail {
  // The last four bytes tell whether a line, or an event, is complete: CR LF CR LF is the longest end.
  let last: number[] = [];
  return {
    push(chunk) {
      last = chunk.length >= 4 ? [...chunk.subarray(-4)] : [...last, ...chunk].slice(-4);
    },
    closeWith: (errorEvent) => closingBytes(last) + errorEvent,
  };
}

function closingBytes(last: readonly number[]): string {
  if (last.length === 0) return "";
  const text = String.fromCharCode(...last);
  if (/(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)$/.test(text)) return "";
  const end = last.at(-1);
  // A line feed after a carriage return belongs to it: only the next one makes a blank line.
  if (end === carriageReturn) return "\n\n";
  return end === lineFeed ? "\n" : "\nevent: ping\n\n";
}
