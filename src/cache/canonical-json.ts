/**
 * Writes what a JSON document means: two documents that differ only in the order of keys, in space, in escapes or in the
 * way a number is written give the same text, and all others give different ones.
 *
 * It never builds the document: long texts, which prompts are made of, are taken over as slices. The bytes are read as
 * Latin-1, one character each, which is all that comparing them needs and makes them a string without decoding.
 */

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

/** Bytes of a string that are looked at one by one, before native code looks for the next that matters. */
const lookedAtOnce = 512;

/** Deeper documents than any request has are not followed: the stack is not the client's to fill. */
const deepestLevel = 256;

/** What becomes of a top-level member: `undefined` leaves its value, `null` leaves it out, a text (JSON) replaces it. */
export type MemberFilter = (key: string, value: () => string) => string | null | undefined;

/**
 * The canonical form of the object `document`, as text of Latin-1 characters; null for what is no JSON object. Not all
 * that is wrong is noticed: whether a document is valid is the provider's to say. `filter` sees each top-level member;
 * its value is decoded only where the filter asks for it.
 */
export function canonicalJson(document: Buffer, filter: MemberFilter = () => undefined): string | null {
  const reader = new Reader(document);
  reader.skipSpace();
  if (!reader.isAt(openBrace)) return null;
  const text = reader.object(0, filter);
  reader.skipSpace();
  return reader.isAtEnd() ? text : null;
}

class Reader {
  /** The same at each index: bytes are faster to look at, slices of a string cost next to nothing. */
  readonly #bytes: Buffer;
  readonly #text: string;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#text = bytes.toString("latin1");
  }

  isAt(code: number): boolean {
    return this.#bytes[this.#at] === code;
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  skipSpace(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (;;) {
      const code = bytes[at];
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
      at++;
    }
    this.#at = at;
  }

  /** Members stand one after the other without commas: where each begins shows all the same. */
  object(level: number, filter: MemberFilter | null): string | null {
    const members: string[] = [];
    const keys: string[] = [];
    let isSorted = true;
    this.#at++;
    this.skipSpace();
    if (this.isAt(closeBrace)) return this.#closed("{}");
    for (;;) {
      this.skipSpace();
      const key = this.isAt(quote) ? this.#string() : null;
      if (key === null) return null;
      this.skipSpace();
      if (!this.isAt(colon)) return null;
      this.#at++;
      const value = filter === null ? this.#value(level + 1) : this.#filtered(key, filter);
      if (value === null) return null;
      if (value !== "") {
        if (isSorted && keys.length > 0 && keys.at(-1)! >= key) isSorted = false;
        keys.push(key);
        members.push(value);
      }
      this.skipSpace();
      if (this.isAt(closeBrace)) break;
      if (!this.isAt(comma)) return null;
      this.#at++;
    }
    return this.#closed(isSorted ? joined(keys, members) : joinedInOrder(keys, members));
  }

  /** The value of a top-level member; "" for one that is left out. */
  #filtered(key: string, filter: MemberFilter): string | null {
    this.skipSpace();
    const start = this.#at;
    const value = this.#value(1);
    if (value === null) return null;
    const raw = (): string => Buffer.from(this.#text.slice(start, this.#at), "latin1").toString();
    const instead = filter(key.slice(1, -1), raw);
    if (instead === undefined) return value;
    return instead === null ? "" : new Reader(Buffer.from(instead)).#value(1);
  }

  #value(level: number): string | null {
    this.skipSpace();
    switch (this.#bytes[this.#at]) {
      case quote:
        return this.#string();
      case openBrace:
        return level > deepestLevel ? null : this.object(level, null);
      case openBracket:
        return level > deepestLevel ? null : this.#array(level);
      default:
        return this.#word();
    }
  }

  #array(level: number): string | null {
    let text = "[";
    this.#at++;
    this.skipSpace();
    if (this.isAt(closeBracket)) return this.#closed("[]");
    for (;;) {
      const value = this.#value(level + 1);
      if (value === null) return null;
      text += value;
      this.skipSpace();
      if (this.isAt(closeBracket)) return this.#closed(`${text}]`);
      if (!this.isAt(comma)) return null;
      this.#at++;
      text += ",";
    }
  }

  #closed(text: string): string {
    this.#at++;
    return text;
  }

  #string(): string | null {
    const start = this.#at;
    let hasOddEscape = false;
    let at = start + 1;
    for (;;) {
      const lookedTo = Math.min(at + lookedAtOnce, this.#bytes.length);
      while (at < lookedTo) {
        const code = this.#bytes[at]!;
        if (code === quote) {
          this.#at = at + 1;
          const raw = this.#text.slice(start, at + 1);
          return hasOddEscape ? withUsualEscapes(raw) : raw;
        }
        if (code === backslash) {
          const escaped = this.#bytes[at + 1];
          if (escaped === letterU || escaped === slash) hasOddEscape = true;
          at += 2;
        } else at++;
      }
      at = this.#nextOfInterest(at);
      if (at < 0) return null;
    }
  }

  /** The next quote or backslash at or behind `from`, found by native code: long plain texts are passed over so. */
  #nextOfInterest(from: number): number {
    const end = this.#bytes.indexOf(quote, from);
    if (end < 0) return -1;
    const escape = this.#bytes.subarray(from, end).indexOf(backslash);
    return escape < 0 ? end : from + escape;
  }

  /** A number, true, false or null. */
  #word(): string | null {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    while (at < bytes.length && !isEndOfWord(bytes[at]!)) at++;
    if (at === start) return null;
    this.#at = at;
    const word = this.#text.slice(start, at);
    return usualNumber.test(word) ? String(Number(word)) : word;
  }
}

function joined(keys: readonly string[], values: readonly string[]): string {
  let text = "{";
  for (let i = 0; i < keys.length; i++) text += `${keys[i]!}:${values[i]!}`;
  return `${text}}`;
}

/** By key. Members of one key keep their order: which of them counts is the reader's matter. */
function joinedInOrder(keys: readonly string[], values: readonly string[]): string {
  const order = keys.map((_, place) => place).sort((a, b) => compare(keys[a]!, keys[b]!) || a - b);
  let text = "{";
  for (const place of order) text += `${keys[place]!}:${values[place]!}`;
  return `${text}}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Numbers that lose no digit when they are read: 1, 1.0 and 1e0 are one, two seeds of twenty digits stay two. */
const usualNumber = /^-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?$/;

/** A character that can stand without its escape stands without it (`\u0041`, `\/`). */
function withUsualEscapes(raw: string): string | null {
  try {
    const value = JSON.parse(Buffer.from(raw, "latin1").toString()) as string;
    return Buffer.from(JSON.stringify(value)).toString("latin1");
  } catch {
    return null;
  }
}

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
