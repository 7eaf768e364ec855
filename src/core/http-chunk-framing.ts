/**
 * What stands between the chunks of a chunked body: sizes, extensions, trailers. Pure; a byte at a time, as there are few.
 * https://www.rfc-editor.org/rfc/rfc9112#section-7.1
 */

/** All trailers together. */
const trailerBytesLimit = 65_536;

/** One chunk's extensions. */
const extensionBytesLimit = 4_096;

/** 2^52 bytes: beyond it numbers are not exact. */
const sizeDigitsLimit = 13;

const word = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

const extensions = new RegExp(`^(?:;${word}(?:=(?:${word}|"[\\t !#-[\\]-~\\x80-\\xff]*"))?)+$`);

const trailer = new RegExp(`^${word}:[\\t\\x20-\\x7e\\x80-\\xff]*$`);

const cr = 13;
const lf = 10;
const semicolon = 59;

type State = "size" | "extension" | "size-lf" | "data" | "data-lf" | "trailer" | "trailer-lf" | "last-lf" | "done";

/** The framing of one body. The caller reads the data itself: `leftBytes` of it, then `skip`. */
export class ChunkFraming {
  #state: State = "size";
  /** Of the size that is being read, or of the chunk that it began. */
  #sizeBytes = 0;
  #digits = 0;
  /** An extension or trailer line so far. */
  #line = "";
  #trailerBytes = 0;

  /** Bytes of the chunk's data that come next; 0: framing comes next. */
  get leftBytes(): number {
    return this.#state === "data" ? this.#sizeBytes : 0;
  }

  /** The body is complete, its trailers too. */
  get isDone(): boolean {
    return this.#state === "done";
  }

  /** `bytes` of the chunk's data have come. */
  skip(bytes: number): void {
    this.#sizeBytes -= bytes;
  }

  /** Takes one byte of framing; gives why it is refused. */
  read(byte: number): string | null {
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
