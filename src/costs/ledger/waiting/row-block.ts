/**
 * Rows on their way to the database, as lines (row-line.ts) in memory that all threads see: written there once, the journal
 * takes the same bytes, and the database's thread reads them where they are. As strings they would be copied for
 * each of the three, and as they wait longer than V8's young objects live, twice more.
 */

const lineEndByte = 0x0a;

export class RowBlock {
  /** Rows in it. */
  rows = 0;
  readonly #bytes: Buffer;
  #usedBytes = 0;

  constructor(capacityBytes: number) {
    this.#bytes = Buffer.from(new SharedArrayBuffer(capacityBytes));
  }

  get capacityBytes(): number {
    return this.#bytes.length;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** All of its lines, each with its end. */
  lines(): Buffer {
    return this.#bytes.subarray(0, this.#usedBytes);
  }

  /** Adds `rows` lines of `text`, which take `bytes`, and answers where they are now. */
  add(text: string, bytes: number, rows: number): Buffer {
    const start = this.#usedBytes;
    this.#bytes.write(text, start);
    this.#usedBytes += bytes;
    this.rows += rows;
    return this.#bytes.subarray(start, this.#usedBytes);
  }

  clear(): void {
    this.rows = 0;
    this.#usedBytes = 0;
  }
}

/** The lines in `bytes`, one after the other, each without its end. */
export function* linesOf(bytes: Uint8Array): Generator<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // Each from its own bytes: one text of them all lies outside of V8's heap, in memory that is fresh each time.
  for (let start = 0; start < buffer.length;) {
    const end = buffer.indexOf(lineEndByte, start);
    yield buffer.toString("utf8", start, end);
    start = end + 1;
  }
}
