/**
 * Recognises, on raw bytes, the stream events that hold nothing of interest but characters: content deltas in
 * the exact form that Anthropic writes. Nine events of ten are these, and reading them as JSON costs ten times
 * as much. Any other form, a cut event included, is simply not recognised.
 */
import type { StreamExcerpt } from "./excerpt.ts";
import type { StreamThinkingMarks } from "./thinking-marks.ts";

/** Where recognised events end, and how many characters their values hold. */
export interface DeltaScan {
  readonly end: number;
  readonly characters: number;
}

const head = Buffer.from('event: content_block_delta\ndata: {"type":"content_block_delta","index":');
const middle = Buffer.from(',"delta":{"type":"');

/** `counts`: whether the value's characters are output. */
const text = { form: Buffer.from('text_delta","text":"'), counts: true };
const input = { form: Buffer.from('input_json_delta","partial_json":"'), counts: true };
const signature = { form: Buffer.from('signature_delta","signature":"'), counts: false };
const kinds: readonly { readonly form: Buffer; readonly counts: boolean }[] = [
  text,
  { form: Buffer.from('thinking_delta","thinking":"'), counts: true },
  input,
  signature,
];

const quote = 0x22;
const backslash = 0x5c;
const brace = 0x7d;
const space = 0x20;
const lineFeed = 0x0a;
const letterU = 0x75;

/**
 * Scans whole events from the start of `bytes`, which must be the start of an event, as long as they fit. Text and
 * tool input go to `excerpt`, signatures to `marks` where somebody asks for them.
 */
export function scanDeltas(
  bytes: Uint8Array,
  excerpt: StreamExcerpt,
  marks: StreamThinkingMarks | null = null,
): DeltaScan {
  let end = 0;
  let characters = 0;
  while (end < bytes.length) {
    const scanned = scanOne(bytes, end, excerpt, marks);
    if (scanned === null) break;
    ({ end } = scanned);
    characters += scanned.characters;
  }
  return { end, characters };
}

function scanOne(
  bytes: Uint8Array,
  start: number,
  excerpt: StreamExcerpt,
  marks: StreamThinkingMarks | null,
): DeltaScan | null {
  if (!isAt(bytes, start, head)) return null;
  let place = start + head.length;
  while (isDigit(bytes[place])) place++;
  if (!isAt(bytes, place, middle)) return null;
  place += middle.length;
  const kind = kindAt(bytes, place);
  if (kind === null) return null;
  const valueStart = place + kind.form.length;
  const value = scanString(bytes, valueStart);
  if (value === null) return null;
  const end = scanTail(bytes, value.end);
  if (end === -1) return null;
  if (kind === text) excerpt.addText(bytes, valueStart, value.end - 1);
  else if (kind === input) excerpt.addInput(bytes, valueStart, value.end - 1);
  else if (kind === signature) marks?.addRaw(bytes, valueStart, value.end - 1);
  return { end, characters: kind.counts ? value.characters : 0 };
}

/** A JSON string's content from `start` on: its UTF-16 length once decoded, and where its quote stands. */
function scanString(bytes: Uint8Array, start: number): DeltaScan | null {
  let characters = 0;
  let place = start;
  for (;;) {
    const byte = bytes[place];
    if (byte === undefined || byte === lineFeed) return null;
    if (byte === quote) return { end: place + 1, characters };
    if (byte === backslash) {
      place += bytes[place + 1] === letterU ? 6 : 2;
      characters++;
      continue;
    }
    // A continuation byte belongs to the character before it; four bytes make a pair of UTF-16 units.
    if ((byte & 0xc0) !== 0x80) characters += byte >= 0xf0 ? 2 : 1;
    place++;
  }
}

/** Two closing braces with the spaces that Anthropic pads with, and the blank line; -1 for anything else. */
function scanTail(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== brace) return -1;
  let place = start + 1;
  while (bytes[place] === space) place++;
  if (bytes[place] !== brace) return -1;
  place++;
  while (bytes[place] === space) place++;
  return bytes[place] === lineFeed && bytes[place + 1] === lineFeed ? place + 2 : -1;
}

function kindAt(bytes: Uint8Array, place: number): (typeof kinds)[number] | null {
  for (const kind of kinds) if (isAt(bytes, place, kind.form)) return kind;
  return null;
}

function isAt(bytes: Uint8Array, start: number, form: Uint8Array): boolean {
  if (start + form.length > bytes.length) return false;
  for (let i = form.length - 1; i >= 0; i--) if (bytes[start + i] !== form[i]) return false;
  return true;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
