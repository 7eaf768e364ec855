/**
 * Lets the bytes of an event stream through by whole events: what has come of the next one waits for its rest.
 *
 * So a provider that breaks off in mid-event leaves nothing at the client that its parser would fail on. Most pieces
 * end with an event and pass as they are.
 */

export interface EventGate {
  /** A piece of the stream; what may go on to the client, empty for nothing yet. */
  push(piece: Uint8Array): Uint8Array;
  /** What still waits. */
  rest(): Uint8Array;
}

/** An event beyond this size passes in parts. */
const heldLimitBytes = 256 * 1024;

const nothing = Buffer.alloc(0);

/** A gate for one stream. */
export function createEventGate(): EventGate {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  return {
    push(piece) {
      const isWithin = heldBytes + piece.length <= heldLimitBytes;
      if (isWithin && !holdsLineEnd(piece)) {
        // In the middle of a line: joined when it ends, not at each of its pieces.
        held.push(piece);
        heldBytes += piece.length;
        return nothing;
      }
      const bytes = held.length === 0 ? (piece as Buffer) : Buffer.concat([...held, piece]);
      const end = isWithin ? lastEventEnd(bytes) : bytes.length;
      held = end === bytes.length ? [] : [bytes.subarray(end)];
      heldBytes = bytes.length - end;
      return end === bytes.length ? bytes : bytes.subarray(0, end);
    },
    rest: () => Buffer.concat(held),
  };
}

function holdsLineEnd(piece: Uint8Array): boolean {
  return piece.includes(0x0a) || piece.includes(0x0d);
}

const blankLines = ["\n\n", "\n\r\n", "\r\r"] as const;

/** Offset behind the last blank line; 0 for none. A line ends by LF, CR LF or CR. */
function lastEventEnd(bytes: Buffer): number {
  if (bytes.at(-1) === 0x0a && bytes.at(-2) === 0x0a) return bytes.length;
  return Math.max(0, ...blankLines.map((blank) => endOf(bytes, blank)));
}

function endOf(bytes: Buffer, blank: string): number {
  const start = bytes.lastIndexOf(blank);
  return start < 0 ? 0 : start + blank.length;
}
