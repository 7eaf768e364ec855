/**
 * Writes what a JSON document means: two documents that differ only in the order of keys, in space, in escapes or in the
 * way a number is written give the same bytes, and all others give different ones.
 *
 * It never builds the document. What is canonical as it stands (most of a prompt) is copied in long runs, and members
 * that are out of order are moved within what was written: from 256 KB on a quarter of the time of building and hashing a text.
 */
import { CanonicalOutput } from "./canonical-output.ts";

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const backslash = 0x5c;
const slash = 0x2f;
const letterU = 0x75;
const digit0 = 0x30;
const digit9 = 0x39;

/** Bytes of a string that are looked at one by one, before native code looks for the next that matters. */
const lookedAtOnce = 512;

/** Deeper documents than any request has are not followed: the stack is not the client's to fill. */
const deepestLevel = 256;

/** What becomes of a top-level member: `undefined` leaves its value, `null` leaves it out, a text (JSON) replaces it. */
export type MemberFilter = (key: string, value: () => string) => string | null | undefined;

const output = new CanonicalOutput();

/**
 * `prefix` and the canonical form of the object `document`, in memory that the next call writes to; null for what is no JSON
 * object, or one that would take too long to order. Not all that is wrong is noticed: whether a document is valid is the
 * provider's to say. `filter` sees each top-level member; its value is decoded only where the filter asks for it.
 */
export function canonicalJson(
  document: Buffer,
  filter: MemberFilter = () => undefined,
  prefix: string = "",
): Buffer | null {
  output.begin(document, prefix);
  const isObject = new Reader(document).document(filter);
  const written = output.end();
  return isObject ? written : null;
}

/** Each method reads what stands at its place, writes it, and answers whether it was there. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** An object, and nothing behind it. */
  document(filter: MemberFilter): boolean {
    this.#skipSpace();
    if (this.#bytes[this.#at] !== openBrace || !this.#object(0, filter)) return false;
    this.#skipSpace();
    return this.#at === this.#bytes.length;
  }

  #skipSpace(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (;;) {
      const code = bytes[at];
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
      at++;
    }
    this.#at = at;
  }

  #object(level: number, filter: MemberFilter | null): boolean {
    this.#sign(openBrace);
    this.#skipSpace();
    if (this.#sign(closeBrace)) return true;
    const members: number[] = [];
    let isSorted = true;
    let commaAt = -1;
    for (;;) {
      this.#skipSpace();
      const before = output.position;
      if (members.length > 0) output.copy(commaAt, commaAt + 1);
      const start = output.position;
      if (this.#bytes[this.#at] !== quote || !this.#string()) return false;
      const key = filter === null ? "" : output.textFrom(start).slice(1, -1);
      this.#skipSpace();
      if (!this.#sign(colon)) return false;
      if (!(filter === null ? this.#value(level + 1) : this.#filtered(key, filter, before))) return false;
      if (output.position > before) {
        if (isSorted && members.length > 0 && output.compareStrings(members.at(-1)!, start) > 0) isSorted = false;
        members.push(start);
      }
      this.#skipSpace();
      if (this.#bytes[this.#at] !== comma) break;
      commaAt = this.#at++;
    }
    if (!isSorted && !output.sortMembers(members)) return false;
    return this.#sign(closeBrace);
  }

  /** The value of a top-level member. One that is left out is taken back to `before`, where the member began. */
  #filtered(key: string, filter: MemberFilter, before: number): boolean {
    this.#skipSpace();
    const [start, position] = [this.#at, output.position];
    if (!this.#value(1)) return false;
    const instead = filter(key, () => this.#bytes.toString("utf8", start, this.#at));
    if (instead === undefined) return true;
    output.goBack(instead === null ? before : position);
    if (instead === null) return true;
    const other = Buffer.from(instead);
    output.setSource(other);
    const isValue = new Reader(other).#value(1);
    output.setSource(this.#bytes);
    return isValue;
  }

  #value(level: number): boolean {
    this.#skipSpace();
    switch (this.#bytes[this.#at]) {
      case quote:
        return this.#string();
      case openBrace:
        return level <= deepestLevel && this.#object(level, null);
      case openBracket:
        return level <= deepestLevel && this.#array(level);
      default:
        return this.#word();
    }
  }

  #array(level: number): boolean {
    this.#sign(openBracket);
    this.#skipSpace();
    if (this.#sign(closeBracket)) return true;
    do {
      if (!this.#value(level + 1)) return false;
      this.#skipSpace();
    } while (this.#sign(comma));
    return this.#sign(closeBracket);
  }

  #sign(code: number): boolean {
    if (this.#bytes[this.#at] !== code) return false;
    this.#copyTo(this.#at + 1);
    return true;
  }

  #string(): boolean {
    const bytes = this.#bytes;
    let hasOddEscape = false;
    let at = this.#at + 1;
    for (;;) {
      const lookedTo = Math.min(at + lookedAtOnce, bytes.length);
      while (at < lookedTo) {
        const code = bytes[at]!;
        if (code === quote) return hasOddEscape ? this.#rewrittenString(at + 1) : this.#copyTo(at + 1);
        if (code === backslash) {
          const escaped = bytes[at + 1];
          if (escaped === letterU || escaped === slash) hasOddEscape = true;
          at += 2;
        } else at++;
      }
      at = this.#nextOfInterest(at);
      if (at < 0) return false;
    }
  }

  /** The next quote or backslash at or behind `from`, found by native code: long plain texts are passed over so. */
  #nextOfInterest(from: number): number {
    const end = this.#bytes.indexOf(quote, from);
    if (end < 0) return -1;
    const escape = this.#bytes.subarray(from, end).indexOf(backslash);
    return escape < 0 ? end : from + escape;
  }

  /** A character that can stand without its escape stands without it (`\u0041`, `\/`). */
  #rewrittenString(end: number): boolean {
    try {
      output.writeText(JSON.stringify(JSON.parse(this.#bytes.toString("utf8", this.#at, end))));
    } catch {
      return false;
    }
    this.#at = end;
    return true;
  }

  /** A number, true, false or null. */
  #word(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let isDigits = true;
    for (; at < bytes.length; at++) {
      const code = bytes[at]!;
      if (isEndOfWord(code)) break;
      if (code < digit0 || code > digit9) isDigits = false;
    }
    if (at === start) return false;
    if (isDigits && (bytes[start] !== digit0 || at === start + 1)) return this.#copyTo(at);
    const word = bytes.toString("latin1", start, at);
    if (!usualNumber.test(word)) return this.#copyTo(at);
    output.writeText(String(Number(word)));
    this.#at = at;
    return true;
  }

  #copyTo(end: number): true {
    output.copy(this.#at, end);
    this.#at = end;
    return true;
  }
}

/** Numbers that lose no digit when they are read: 1, 1.0 and 1e0 are one, two seeds of twenty digits stay two. */
const usualNumber = /^-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?$/;

function isEndOfWord(code: number): boolean {
  return (
    code === comma ||
    code === closeBrace ||
    code === closeBracket ||
    code <= 0x20 ||
    code === quote ||
    code === backslash
  );
}
