/**
 * The outline of a request: its document without the middle of its long texts, for translations.
 *
 * A coding client's megabyte is file contents and screenshots, which a translation moves from one place to another and
 * never reads. As strings they would be a megabyte of new memory four times over: decoded, parsed, written as JSON,
 * encoded. So they stay the bytes that came: in the outline a short mark stands for the middle of each, and where
 * that mark turns up in the translated document the bytes go out again. Both ends of a text stay in the outline, as
 * translations look at how it begins, whether it is blank, and what white space it ends with.
 */
import { isJsonObject, parseJson, toJsonArray, toText } from "../core/json/json.ts";
import type { JsonObject, JsonValue } from "../core/json/json.ts";
import type { ByteSpan } from "../core/json/json-nesting.ts";

export interface RequestOutline {
  readonly body: JsonObject;
  /** The bytes of a document made from `body`, its texts whole again. */
  render(document: JsonObject): Buffer;
}

/** Values of these keys are text or data of which no translation reads more than the ends. */
const textKeys: readonly Buffer[] = ["text", "content", "data"].map((key) => Buffer.from(`"${key}"`));

/** Blocks of which more is read: a call's input becomes a string of JSON, redacted thinking may be an envelope. */
const readBlocks: ReadonlySet<unknown> = new Set(["tool_use", "redacted_thinking"]);

/** What stays of a text at either end; a little more where it cannot be cut there. */
const keptBytes = 128;
const cutWithinBytes = 512;

/**
 * The outline of the request in `bytes`, where `longStrings` are those of its messages. Null where no text can be left
 * out, or where the rest is no JSON object. What is left out is not validated: that is the provider's to do.
 */
export function outlineRequest(bytes: Buffer, longStrings: readonly ByteSpan[]): RequestOutline | null {
  const middles = longStrings.flatMap((string) => (isText(bytes, string.start) ? (middleOf(bytes, string) ?? []) : []));
  if (middles.length === 0) return null;
  const between = middles.map(({ start }, index) => bytes.toString("utf8", middles[index - 1]?.end ?? 0, start));
  const rest = bytes.toString("utf8", middles.at(-1)?.end);
  const mark = unusedMark([...between, rest]);
  const body = parseJson(between.map((text, index) => `${text}${mark}${index};`).join("") + rest);
  if (!isJsonObject(body)) return null;
  const render = (document: JsonObject): Buffer => fillMarks(JSON.stringify(document), mark, bytes, middles);
  const messages = toJsonArray(body["messages"]).map((message) => withWholeBlocks(message, mark, render));
  return { body: { ...body, messages }, render };
}

/** Whether the string at `start` is the value of a text's key. */
function isText(bytes: Buffer, start: number): boolean {
  const colonAt = skipSpaceBack(bytes, start - 1);
  if (bytes[colonAt] !== 0x3a) return false;
  const keyEnd = skipSpaceBack(bytes, colonAt - 1) + 1;
  return textKeys.some((key) => {
    const keyAt = keyEnd - key.length;
    return keyAt > 0 && bytes[keyAt - 1] !== backslash && key.equals(bytes.subarray(keyAt, keyEnd));
  });
}

function skipSpaceBack(bytes: Buffer, from: number): number {
  let at = from;
  while (at > 0 && bytes[at]! <= 0x20) at--;
  return at;
}

/** What is left out of a string; null where it cannot be cut, or would look blank at one end. */
function middleOf(bytes: Buffer, { start, end }: ByteSpan): ByteSpan | null {
  const [first, last] = [start + 1, end - 1];
  const from = findCut(bytes, first + keptBytes, first + cutWithinBytes);
  const to = findCut(bytes, last - cutWithinBytes, last - keptBytes);
  if (from === null || to === null || isBlank(bytes, first, from) || isBlank(bytes, to, last)) return null;
  return { start: from, end: to };
}

/** A place in a JSON string that is in no character and in no escape. */
function findCut(bytes: Buffer, from: number, to: number): number | null {
  for (let at = from; at <= to; at++) {
    const isWithinCharacter = (bytes[at]! & 0xc0) === 0x80;
    if (!isWithinCharacter && !bytes.subarray(at - escapeBytes, at).includes(backslash)) return at;
  }
  return null;
}

const backslash = 0x5c;

/** Before a place that is in `\u1234` its backslash stands at most so far away. */
const escapeBytes = 5;

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  return toText(parseJson(`"${bytes.toString("utf8", start, end)}"`)).trim() === "";
}

/** A mark that stands in none of `texts`. Whoever spells it with escapes all the same mixes up nothing but its own texts. */
function unusedMark(texts: readonly string[]): string {
  for (let count = 0; ; count++) {
    const mark = `ccr-left-out-${count}-`;
    if (!texts.some((text) => text.includes(mark))) return mark;
  }
}

function withWholeBlocks(message: JsonValue, mark: string, render: RequestOutline["render"]): JsonValue {
  if (!isJsonObject(message) || !Array.isArray(message["content"])) return message;
  const isCut = (block: JsonValue): boolean => readBlocks.has(toType(block)) && JSON.stringify(block).includes(mark);
  if (!message["content"].some(isCut)) return message;
  const content = message["content"].map((block) => (isCut(block) ? toWhole(block as JsonObject, render) : block));
  return { ...message, content };
}

function toType(block: JsonValue): unknown {
  return isJsonObject(block) ? block["type"] : undefined;
}

function toWhole(block: JsonObject, render: RequestOutline["render"]): JsonValue {
  return parseJson(render(block).toString()) ?? block;
}

/** `json` in bytes, with the middles in place of their marks. */
function fillMarks(json: string, mark: string, bytes: Buffer, middles: readonly ByteSpan[]): Buffer {
  const pieces: (string | ByteSpan)[] = [];
  let size = 0;
  let at = 0;
  const addText = (end: number): void => {
    const text = json.slice(at, end);
    pieces.push(text);
    size += Buffer.byteLength(text);
  };
  for (const found of json.matchAll(new RegExp(`${mark}(\\d+);`, "g"))) {
    const middle = middles[Number(found[1])];
    if (middle === undefined) continue;
    addText(found.index);
    pieces.push(middle);
    size += middle.end - middle.start;
    at = found.index + found[0].length;
  }
  addText(json.length);
  // Memory of its own, so that it can be given back at once.
  const filled = Buffer.allocUnsafeSlow(size);
  let place = 0;
  for (const piece of pieces) {
    place += typeof piece === "string" ? filled.write(piece, place) : bytes.copy(filled, place, piece.start, piece.end);
  }
  return filled;
}
