/**
 * A JSON object or string that comes in pieces. Whether it has come to its end shows in its brackets and quotes, of which each
 * piece is looked at once: a look at all of the text with each piece would take time that grows with its square.
 */
import { isJsonObject, parseJson } from "../../core/json/json.ts";

const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;

export class GrowingJson {
  #text = "";
  #depth = 0;
  #isWithinString = false;
  #isEscaped = false;
  /** `over`: something stands behind the end, which no whole text has. */
  #state: "growing" | "ended" | "over" = "growing";

  get text(): string {
    return this.#text;
  }

  /** More of the text. */
  add(piece: string): void {
    this.#text += piece;
    for (let at = 0; at < piece.length && this.#state !== "over"; at++) this.#read(piece.charCodeAt(at));
  }

  /** Whether it has come to its end, so that it may be valid. */
  hasEnded(): boolean {
    return this.#state === "ended";
  }

  /** Whether it is a whole object. */
  isWholeObject(): boolean {
    return this.#state === "ended" && isJsonObject(parseJson(this.#text));
  }

  #read(sign: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (sign === backslash && this.#isWithinString) this.#isEscaped = true;
    else if (sign === quote) this.#readQuote();
    else if (!this.#isWithinString && sign > space) this.#readBracket(String.fromCharCode(sign));
  }

  #readQuote(): void {
    if (this.#state === "ended") this.#state = "over";
    this.#isWithinString = !this.#isWithinString;
    if (!this.#isWithinString && this.#depth === 0) this.#state = "ended";
  }

  #readBracket(sign: string): void {
    if (this.#state === "ended") this.#state = "over";
    else if (sign === "{" || sign === "[") this.#depth++;
    else if ((sign === "}" || sign === "]") && --this.#depth <= 0) this.#state = "ended";
  }
}
