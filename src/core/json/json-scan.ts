/**
 * Finds the top-level fields of a JSON object in its bytes, without parsing what they hold.
 *
 * Requests of coding clients are megabytes, of which the router acts on a few small fields: a scan tells where
 * each stands, so that those alone are parsed and the rest passes untouched. Every top-level key is found, also
 * written with escapes, and the last of a repeated key wins as in JSON.parse: what the router reads is what the
 * provider reads. Values are skipped by bracket depth; whether they are valid JSON is the provider's to say.
 */
import { endOfNested, valuesLimit } from "./json-nesting.ts";
import type { ByteSpan, SeenWithin } from "./json-nesting.ts";
import { bitOf } from "./json-signs.ts";
import type { Sign } from "./json-signs.ts";

/** Where a field's value stands. */
export interface ScannedField extends ByteSpan {
  /** The bits of the signs among the strings of an object or a list. */
  readonly signs: number;
}

/** Whether `sign` is one of the strings within the field's object or list. */
export function holdsSign(field: ScannedField, sign: Sign): boolean {
  return (field.signs & bitOf(sign)) !== 0;
}

export interface ScannedObject {
  readonly fields: ReadonlyMap<string, ScannedField>;
  /** Keys that stand more than once. */
  readonly repeatedKeys: readonly string[];
  /** Strings of at least `longStringBytes` within objects and lists, quotes included, in order. */
  readonly longStrings: readonly ByteSpan[];
  /** Objects and lists within each other, at most; 0 where no field holds one. */
  readonly depth: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;

/** Of an object, repeated ones too: requests have some twenty, and millions would hold up everybody for seconds. */
export const fieldsLimit = 1_000;

/** Where bytes stop being an object; `tooMany`: or one that is read. */
export interface Unscanned {
  readonly malformedAt: number;
  readonly tooMany?: "fields" | "values";
}

/** The fields of the object in `bytes`, where it has no more than `fieldsLimit`, and `valuesLimit` values within. */
export function scanTopLevel(bytes: Buffer): ScannedObject | Unscanned {
  const fields = new Map<string, ScannedField>();
  const seen: SeenWithin = { longStrings: [], signs: 0, depth: 0, values: 0 };
  const repeatedKeys: string[] = [];
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== openBrace) return { malformedAt: at };
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === closeBrace) return endOfObject(bytes, at, { fields, repeatedKeys, ...seen });
  for (let count = 1; ; count++) {
    if (bytes[at] !== quote) return { malformedAt: at };
    if (count > fieldsLimit) return { malformedAt: at, tooMany: "fields" };
    const keyEnd = endOfString(bytes, at);
    const key = keyEnd < 0 ? undefined : readKey(bytes, at, keyEnd);
    if (key === undefined) return { malformedAt: at };
    at = skipSpace(bytes, keyEnd);
    if (bytes[at] !== colon) return { malformedAt: at };
    const start = skipSpace(bytes, at + 1);
    seen.signs = 0;
    const end = endOfValue(bytes, start, seen);
    if (end < 0) return seen.values > valuesLimit ? { malformedAt: start, tooMany: "values" } : { malformedAt: start };
    const known = fields.size;
    fields.set(key, { start, end, signs: seen.signs });
    if (fields.size === known) repeatedKeys.push(key);
    at = skipSpace(bytes, end);
    if (bytes[at] === closeBrace) return endOfObject(bytes, at, { fields, repeatedKeys, ...seen });
    if (bytes[at] !== comma) return { malformedAt: at };
    at = skipSpace(bytes, at + 1);
  }
}

function endOfObject(bytes: Buffer, closeAt: number, scanned: ScannedObject): ScannedObject | Unscanned {
  const rest = skipSpace(bytes, closeAt + 1);
  return rest === bytes.length ? scanned : { malformedAt: rest };
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}

/** Keys and short values end within so many bytes: those are looked at one by one. */
const shortBytes = 16;

/** Offset behind the closing quote of the string that opens at `from`, or -1. */
function endOfString(bytes: Buffer, from: number): number {
  let at = from + 1;
  const end = Math.min(at + shortBytes, bytes.length);
  while (at < end) {
    const byte = bytes[at];
    if (byte === quote) return at + 1;
    at += byte === backslash ? 2 : 1;
  }
  for (;;) {
    const found = bytes.indexOf(quote, at);
    if (found < 0) return -1;
    let slashes = found - 1;
    while (slashes >= at && bytes[slashes] === backslash) slashes--;
    at = found + 1;
    if ((found - slashes) % 2 === 1) return at;
  }
}

/** Short keys that were read before, each at a place that its bytes tell: requests have a dozen of the same ones. */
const shortKeys: (string | undefined)[] = Array.from({ length: 256 }, () => undefined);

function readKey(bytes: Buffer, from: number, to: number): string | undefined {
  const place = to - from - 2 <= shortBytes ? placeOfKey(bytes, from + 1, to - 1) : -1;
  if (place < 0) return readAnyKey(bytes, from, to);
  const known = shortKeys[place];
  if (known !== undefined && isText(bytes, from + 1, to - 1, known)) return known;
  return (shortKeys[place] = bytes.toString("latin1", from + 1, to - 1));
}

/** -1 for a key that is not as it stands: with an escape, or beyond ASCII. */
function placeOfKey(bytes: Buffer, start: number, end: number): number {
  let place = end - start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === backslash || byte >= 0x80) return -1;
    place = (place * 31 + byte) & 0xff;
  }
  return place;
}

function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}

function readAnyKey(bytes: Buffer, from: number, to: number): string | undefined {
  const raw = bytes.toString("utf8", from + 1, to - 1);
  if (!raw.includes("\\")) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return undefined;
  }
}

/** Offset behind the value that begins at `from`, or -1 where it does not end. */
function endOfValue(bytes: Buffer, from: number, seen: SeenWithin): number {
  const first = bytes[from];
  if (first === quote) return endOfString(bytes, from);
  if (first === openBrace || first === openBracket) return endOfNested(bytes, from, seen);
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === comma || byte === closeBrace || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
      break;
  }
  return at === from || at >= bytes.length ? -1 : at;
}
