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

const cr = 13;
const lf = 10;
const semicolon = 59;

type State =
  | "size"
  | "extension"
  | "size-lf"
  | "data"
  | "data-lf"
  | "line"
  | "trailer"
  | "trailer-lf"
  | "last-lf"
  | "done";

export class ChunkFraming {
  #state: State = "size";
  /** Of the size that is being read, or of the chunk that it began. */
  #sizeBytes = 0;
  #digits = 0;
  #lineBytes = 0;

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
        if (byte === cr) this.#state = "size-lf";
        else if (isControl(byte)) return "a control character in a chunk's extension";
        return ++this.#lineBytes > extensionBytesLimit ? "a chunk's extension that is too long" : null;
      case "size-lf":
        this.#lineBytes = 0;
        return this.#expectLf(byte, this.#sizeBytes === 0 ? "line" : "data");
      case "data":
        if (byte !== cr) return "a chunk longer than its size";
        this.#state = "data-lf";
        return null;
      case "data-lf":
        return this.#expectLf(byte, "size");
      case "line":
      case "trailer":
        return this.#readTrailer(byte);
      case "trailer-lf":
        return this.#expectLf(byte, "line");
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
    return null;
  }

  /** Trailers are read over: nobody asks for them. */
  #readTrailer(byte: number): string | null {
    if (byte === cr) this.#state = this.#state === "line" ? "last-lf" : "trailer-lf";
    else if (isControl(byte)) return "a control character in its trailers";
    else this.#state = "trailer";
    return ++this.#lineBytes > trailerBytesLimit ? "more trailer bytes than allowed" : null;
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

function isControl(byte: number): boolean {
  return (byte < 32 && byte !== 9) || byte === 127;
}
