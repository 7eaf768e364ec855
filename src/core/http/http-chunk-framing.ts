/**
 * A chunked body: its data, and what stands between the chunks of it (sizes, extensions, trailers), a byte at a time, as
 * those are few. https://www.rfc-editor.org/rfc/rfc9112#section-7.1
 *
 * Small chunks of one read are moved together, so that a burst of events costs one piece: the bytes that are read belong
 * to the framing from then on.
 */

/** All trailers together. */
const trailerBytesLimit = 65_536;

/** One chunk's extensions. */
const extensionBytesLimit = 4_096;

/** 2^52 bytes: beyond it numbers are not exact. */
const sizeDigitsLimit = 13;

/** Chunks up to this size are worth moving next to the one before. */
const movedBytesLimit = 4_096;

const word = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

const extensions = new RegExp(`^(?:;${word}(?:=(?:${word}|"[\\t !#-[\\]-~\\x80-\\xff]*"))?)+$`);

const trailer = new RegExp(`^${word}:[\\t\\x20-\\x7e\\x80-\\xff]*$`);

const cr = 13;
const lf = 10;
const semicolon = 59;

type State = "size" | "extension" | "size-lf" | "data" | "data-lf" | "trailer" | "trailer-lf" | "last-lf" | "done";

/** The framing of one body. */
export class ChunkFraming {
  /** Where the data stands that the last `read` found; none where both are the same. */
  from = 0;
  to = 0;
  /** Why the body is refused. */
  problem: string | null = null;
  #state: State = "size";
  /** Of the size that is being read, or of the chunk that it began. */
  #sizeBytes = 0;
  #digits = 0;
  /** An extension or trailer line so far. */
  #line = "";
  #trailerBytes = 0;

  /** The body is complete, its trailers too. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Reads on from `start` to the end of one piece of data, of the body or of `bytes`; gives where that is. */
  read(bytes: Buffer, start: number): number {
    let at = start;
    this.from = this.to = start;
    while (at < bytes.length) {
      const leftBytes = this.#state === "data" ? this.#sizeBytes : 0;
      if (leftBytes === 0) {
        this.problem = this.#readByte(bytes[at++]!);
        if (this.problem !== null || this.isDone) return at;
        continue;
      }
      const take = Math.min(leftBytes, bytes.length - at);
      if (this.to === this.from) this.from = this.to = at;
      else if (take <= movedBytesLimit) bytes.copyWithin(this.to, at, at + take);
      else return at;
      this.to += take;
      at += take;
      this.#sizeBytes -= take;
    }
    return at;
  }

  /** Takes one byte of framing; gives why it is refused. */
  #readByte(byte: number): string | null {
    switch (this.#state) {
      case "size":
        return this.#readSize(byte);
      case "extension":
        if (byte !== cr) return this.#keep(byte, extensionBytesLimit);
        this.#state = "size-lf";
        return this.#judgeLine(extensions);
      case "size-lf":
        return this.#expectLf(byte, this.#sizeBytes === 0 ? "trailer" : "data");
      case "data":
        if (byte !== cr) return "a chunk longer than its size";
        this.#state = "data-lf";
        return null;
      case "data-lf":
        return this.#expectLf(byte, "size");
      case "trailer":
        return this.#readTrailer(byte);
      case "trailer-lf":
        return this.#expectLf(byte, "trailer");
      default:
        return this.#expectLf(byte, "done");
    }
  }

  #readSize(byte: number): string | null {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      this.#sizeBytes = this.#sizeBytes * 16 + digit;
      return ++this.#digits > sizeDigitsLimit ? "a chunk size that is too large" : null;
    }
    if (this.#digits === 0 || (byte !== cr && byte !== semicolon)) return "a bad chunk size";
    this.#digits = 0;
    this.#state = byte === cr ? "size-lf" : "extension";
    return byte === cr ? null : this.#keep(byte, extensionBytesLimit);
  }

  /** Trailers are checked and read over: nobody asks for them. */
  #readTrailer(byte: number): string | null {
    if (++this.#trailerBytes > trailerBytesLimit) return "more trailer bytes than allowed";
    if (byte !== cr) return this.#keep(byte, trailerBytesLimit);
    this.#state = this.#line === "" ? "last-lf" : "trailer-lf";
    return this.#line === "" ? null : this.#judgeLine(trailer);
  }

  #keep(byte: number, limit: number): string | null {
    this.#line += String.fromCharCode(byte);
    return this.#line.length > limit ? "a line between its chunks that is too long" : null;
  }

  #judgeLine(grammar: RegExp): string | null {
    const isGood = grammar.test(this.#line);
    this.#line = "";
    return isGood ? null : "a chunk extension or trailer that is none";
  }

  #expectLf(byte: number, next: State): string | null {
    if (byte !== lf) return "a carriage return without a line feed";
    this.#state = next;
    return null;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
