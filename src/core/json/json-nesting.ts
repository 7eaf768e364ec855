/**
 * Where an object or a list ends in the bytes of JSON, and which strings it holds that matter to us.
 *
 * The loop over the bytes is WebAssembly with 16-byte instructions (json-nesting.wat): of all that the router does with a
 * coding client's request this took the longest, a third of the processor time of a call of 1 MB.
 */
import { nestingModule } from "./json-nesting-module.ts";
import { bitOf, signs } from "./json-signs.ts";

/** Where something stands in bytes. */
export interface ByteSpan {
  /** Offset of its first byte. */
  readonly start: number;
  /** Offset behind its last byte. */
  readonly end: number;
}

/** What was noted within values, of one after the other. */
export interface SeenWithin {
  /** Strings of at least `longStringBytes`, quotes included, in order. */
  readonly longStrings: ByteSpan[];
  /** The bits of the signs among the strings. */
  signs: number;
  /** Objects and lists within each other, at most. */
  depth: number;
  /** Values within objects and lists; an empty one of these counts as one more. */
  values: number;
}

/**
 * Of one request: what parses and translates it takes up to a microsecond for each, and serves nobody else meanwhile. Ten
 * thousand messages of a coding client, with the schemas of hundreds of tools, have some 150,000.
 */
export const valuesLimit = 200_000;

/** Longer strings, quotes included, cost enough to be worth leaving where they are. */
export const longStringBytes = 4_096;

// Places in the memory of json-nesting.wat, where each of them is explained.
const [depthAt, openAt, isEscapedAt, signsAt, longCountAt, deepestAt, valuesAt] = [0, 1, 2, 3, 4, 5, 6];
const longsAt = 8_192 / 4;
const windowAt = 16_384;
const outside = 0x7fffffff;
const signBytes = 32;
const longestSign = 20;

/** Whole blocks of 64 bytes: the first window holds what most values are, the others what the processor's cache holds. */
const firstWindowBytes = 4_096;
const windowBytes = 65_536;

/** As much of it as is used here: the types come with those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

interface Scanner {
  readonly scan: (length: number) => number;
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

let scanner: Scanner | null = null;

/**
 * Offset behind the object or list that begins at `from`, or -1 where it does not end, or not before `seen` has more than
 * `valuesLimit`. What was seen is added to `seen`.
 */
export function endOfNested(bytes: Buffer, from: number, seen: SeenWithin): number {
  scanner ??= createScanner();
  const { words, scan } = scanner;
  words[depthAt] = 0;
  words[openAt] = outside;
  words[isEscapedAt] = 0;
  words[signsAt] = seen.signs;
  words[deepestAt] = seen.depth;
  words[valuesAt] = seen.values;
  let size = firstWindowBytes;
  for (let at = from; at < bytes.length; size = windowBytes) {
    const length = bytes.copy(scanner.bytes, windowAt, at, Math.min(at + size, bytes.length));
    const end = scan(length);
    seen.signs = words[signsAt]!;
    seen.depth = words[deepestAt]!;
    seen.values = words[valuesAt]!;
    for (let place = longsAt, left = words[longCountAt]!; left > 0; left--, place += 2) {
      seen.longStrings.push({ start: at + words[place]!, end: at + words[place + 1]! });
    }
    if (seen.values > valuesLimit) return -1;
    if (end >= 0) return at + end;
    at = nextWindow(words, at, length);
  }
  return -1;
}

/** A short string that the window cuts is scanned again from its beginning: a sign must be seen whole. */
function nextWindow(words: Int32Array, at: number, length: number): number {
  const open = words[openAt]!;
  if (open === outside) return at + length;
  if (open > 0 && length - open < signBytes) {
    words[openAt] = outside;
    words[isEscapedAt] = 0;
    return at + open;
  }
  words[openAt] = open - length;
  return at + length;
}

function createScanner(): Scanner {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(nestingModule, "base64")));
  const { memory, scan } = instance.exports as { memory: { buffer: ArrayBuffer }; scan: Scanner["scan"] };
  const bytes = Buffer.from(memory.buffer);
  layOutSigns(bytes);
  return { scan, bytes, words: new Int32Array(memory.buffer) };
}

/** Signs by their length with quotes: a mask of 16 bytes, then 32 bytes for each: its beginning, last four bytes, and bit. */
function layOutSigns(memory: Buffer): void {
  for (const sign of signs) {
    const text = Buffer.from(`"${sign}"`);
    if (text.length > longestSign) throw new Error(`${sign}: longer than a sign may be`);
    const mask = text.length * 256;
    memory.fill(0xff, mask, mask + Math.min(16, text.length));
    let place = mask + signBytes;
    while (memory.readInt32LE(place + 20) !== 0) place += signBytes;
    text.copy(memory, place, 0, 16);
    text.copy(memory, place + 16, text.length - 4);
    memory.writeInt32LE(bitOf(sign), place + 20);
  }
}
