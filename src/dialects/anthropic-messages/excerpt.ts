/**
 * The excerpt of an Anthropic answer that quality is judged by: the end of its text, and the input of its tool calls.
 *
 * Bounded, and kept as the bytes between a JSON string's quotes: copying those costs nanoseconds, reading them is left
 * for after the answer.
 */
import { isJsonObject, parseJson, toJsonArray, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { AnswerExcerpt } from "../answer-facts.ts";
import { boundedInput, maxInputBytes, maxToolCalls, tailOfText, textTailBytes } from "../excerpt-bounds.ts";
import type { AnthropicEvent } from "./events.ts";

export class StreamExcerpt implements AnswerExcerpt {
  #text: ByteRing | null = null;
  /** One for each tool call, in the order of `facts.toolCalls`. */
  readonly #inputs: BoundedBytes[] = [];
  #open: BoundedBytes | null = null;

  /** A piece of text: the content of a JSON string, as it stands in `bytes`. */
  addText(bytes: Uint8Array, start: number, end: number): void {
    this.#text ??= new ByteRing();
    this.#text.push(bytes, start, end);
  }

  /** A piece of the open tool call's input, in the same way. */
  addInput(bytes: Uint8Array, start: number, end: number): void {
    this.#open?.push(bytes, start, end);
  }

  /** Takes an event that was read. */
  read(event: AnthropicEvent): void {
    if (event.kind === "block-start") this.#startBlock(event.block);
    else if (event.kind === "block-stop") this.#open = null;
    else if (event.kind !== "block-delta") return;
    else if (event.delta.kind === "text") this.#addPlain(event.delta.text);
    else if (event.delta.kind === "input-json" && this.#open !== null) addPlain(this.#open, event.delta.json);
  }

  textTail(): string {
    return this.#text?.read() ?? "";
  }

  inputJson(place: number): string | null {
    return this.#inputs[place]?.read() ?? null;
  }

  #startBlock(block: JsonObject): void {
    this.#open = null;
    if (block["type"] === "text") this.#addPlain(toText(block["text"]));
    if (block["type"] !== "tool_use" || this.#inputs.length === maxToolCalls) return;
    this.#open = new BoundedBytes();
    this.#inputs.push(this.#open);
    const input = toJsonObject(block["input"]);
    if (Object.keys(input).length > 0) addPlain(this.#open, JSON.stringify(input));
  }

  #addPlain(text: string): void {
    if (text === "") return;
    this.#text ??= new ByteRing();
    addPlain(this.#text, text);
  }
}

/** The excerpt of a whole message. */
export function excerptOfMessage(message: JsonObject): AnswerExcerpt {
  const blocks = toJsonArray(message["content"]).filter(isJsonObject);
  const ofType = (type: string): JsonObject[] => blocks.filter((block) => block["type"] === type);
  return {
    textTail: () =>
      tailOfText(
        ofType("text")
          .map(({ text }) => toText(text))
          .join(""),
      ),
    inputJson: (place) => boundedInput(JSON.stringify(toJsonObject(ofType("tool_use")[place]?.["input"]))),
  };
}

function addPlain(target: ByteRing | BoundedBytes, text: string): void {
  const bytes = Buffer.from(JSON.stringify(text));
  target.push(bytes, 1, bytes.length - 1);
}

const mask = textTailBytes - 1;

/** The last bytes of a text. */
class ByteRing {
  readonly #bytes = Buffer.allocUnsafeSlow(textTailBytes);
  #length = 0;

  push(bytes: Uint8Array, start: number, end: number): void {
    const ring = this.#bytes;
    const length = this.#length;
    const from = Math.max(start, end - textTailBytes);
    const at = length & mask;
    this.#length = length + end - from;
    if (at + end - from <= textTailBytes) copyBytes(bytes, from, end, ring, at);
    else {
      const middle = from + textTailBytes - at;
      copyBytes(bytes, from, middle, ring, at);
      copyBytes(bytes, middle, end, ring, 0);
    }
  }

  read(): string {
    const at = this.#length & mask;
    if (this.#length <= textTailBytes) return decode(this.#bytes.toString("utf8", 0, this.#length));
    return decode(Buffer.concat([this.#bytes.subarray(at), this.#bytes.subarray(0, at)]).toString());
  }
}

/** All bytes of an input, up to the bound. */
class BoundedBytes {
  #bytes: Buffer | null = null;
  #length = 0;

  push(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > maxInputBytes) {
      this.#length = length;
      this.#bytes = null;
      return;
    }
    if (this.#bytes === null || length > this.#bytes.length) this.#grow(length);
    copyBytes(bytes, start, end, this.#bytes!, this.#length);
    this.#length = length;
  }

  /** null where it was too long. */
  read(): string | null {
    if (this.#length > maxInputBytes) return null;
    return this.#bytes === null ? "" : decode(this.#bytes.toString("utf8", 0, this.#length));
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(256, 2 ** Math.ceil(Math.log2(length))));
    this.#bytes?.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Up to this length a loop is faster than the native copy, which has to be called. */
const shortBytes = 40;

function copyBytes(source: Uint8Array, start: number, end: number, target: Buffer, targetStart: number): void {
  if (end - start > shortBytes && source instanceof Buffer) {
    source.copy(target, targetStart, start, end);
    return;
  }
  let at = targetStart;
  for (let place = start; place < end; place++) target[at++] = source[place]!;
}

/** An escape that was cut at the start has at most six characters. */
const longestEscape = 6;

/** The text that the content of a JSON string means; its start may be cut anywhere. */
function decode(content: string): string {
  for (let start = 0; start <= longestEscape; start++) {
    const text = parseJson(`"${content.slice(start)}"`);
    if (typeof text === "string") return text;
  }
  return content;
}
