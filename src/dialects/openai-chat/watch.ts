/**
 * Watches an OpenAI-dialect answer that passes through untouched, for what the record needs of it.
 *
 * Nearly all pieces of a stream hold nothing but a few characters of text. A piece that begins and ends between
 * events and names nothing of interest is only counted: one pass over its bytes, no parsing. All others are read like any
 * stream, so that no cut, however unlucky, hides a usage or an error.
 */
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import { emptyFacts, garbledPayload, otherObject, readWholeFacts } from "../answer-facts.ts";
import type { AnswerExcerpt, AnswerFacts, AnswerWatch } from "../answer-facts.ts";
import { SseReader } from "../sse.ts";
import { textOfPieces } from "../text-of-pieces.ts";
import { ChatReader } from "./events.ts";
import { ChatFacts } from "./facts.ts";

/**
 * A watch for one answer, whole or streamed. `keepsText`: reads every piece of a stream, which costs microseconds a
 * piece, so that the text's end is known.
 */
export function createOpenaiChatWatch(isStreaming: boolean, keepsText = false): AnswerWatch {
  return isStreaming ? new StreamWatch(keepsText) : new BodyWatch();
}

/** Larger bodies are not parsed for their facts. */
const maxBodyBytes = 32 * 1024 * 1024;

class BodyWatch implements AnswerWatch {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #facts: AnswerFacts | null = null;

  push(chunk: Uint8Array): void {
    this.#facts = null;
    this.#size += chunk.length;
    if (this.#size <= maxBodyBytes) this.#chunks.push(chunk);
  }

  end(): void {}

  hasFailed(): boolean {
    return false;
  }

  facts(): AnswerFacts {
    const isKept = this.#size <= maxBodyBytes;
    this.#facts ??= isKept ? readWholeFacts(() => readBody(textOfPieces(this.#chunks))) : emptyFacts;
    return this.#facts;
  }
}

function readBody(text: string): AnswerFacts {
  const value = parseJson(text);
  const body = Array.isArray(value) ? value[0] : value;
  if (!isJsonObject(body)) return { ...emptyFacts, error: garbledPayload };
  const facts = new ChatFacts();
  new ChatReader((event) => facts.read(event)).readChunk(body);
  const known = facts.facts();
  const error = known.error ?? (body["choices"] === undefined ? otherObject : null);
  return { ...known, error, isComplete: error === null };
}

/** `data: ` before a payload, two line feeds behind it. */
const framingBytes = 8;

class StreamWatch implements AnswerWatch {
  readonly #facts: ChatFacts = new ChatFacts();
  readonly #chat: ChatReader = new ChatReader((event) => {
    // A last payload cut in two is no error of its own: the stream broke off.
    if (!this.#isClosing || event.kind !== "garbled") this.#facts.read(event);
  });
  readonly #sse: SseReader = new SseReader((data, name) => this.#read(data, name));
  #isClosing = false;
  /** Bytes of an event that are no text of the answer; null until an event with text showed it. */
  #overhead: number | null = null;
  #isStarted = false;
  #hasSkipped = false;
  #skippedCharacters = 0;
  /** How many of them came before the last usage. */
  #skippedBeforeUsage = 0;
  readonly #keepsText: boolean;

  constructor(keepsText: boolean) {
    this.#keepsText = keepsText;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const events =
      !this.#keepsText && this.#overhead !== null && this.#sse.isAtBoundary() ? countTextEvents(bytes) : -1;
    if (events < 0) {
      this.#sse.push(bytes);
      return;
    }
    this.#hasSkipped = true;
    this.#skippedCharacters += Math.max(0, bytes.length - events * (this.#overhead ?? 0));
  }

  end(): void {
    this.#isClosing = true;
    this.#sse.end();
  }

  hasFailed(): boolean {
    return this.#facts.hasError();
  }

  facts(): AnswerFacts {
    const facts = this.#facts.facts();
    if (!this.#hasSkipped) return facts;
    const outputCharacters = facts.outputCharacters + this.#skippedCharacters;
    const isOutputCounted = facts.isOutputCounted && this.#skippedBeforeUsage === this.#skippedCharacters;
    return { ...facts, outputCharacters, isOutputCounted, excerpt: withoutText(facts.excerpt) };
  }

  #read(data: string, name: string): void {
    const before = this.#facts.facts();
    this.#chat.readPayload(data, name);
    const after = this.#facts.facts();
    const characters = after.outputCharacters - before.outputCharacters;
    if (after.usage !== before.usage) this.#skippedBeforeUsage = this.#skippedCharacters;
    // Later events than the first show what surrounds a piece of text.
    if (this.#isStarted && characters > 0) this.#overhead = Math.max(0, data.length + framingBytes - characters);
    this.#isStarted = true;
  }
}

/** What makes a piece worth reading. Most servers send usage and finish_reason as null in every chunk. */
const markers =
  /"(?:usage"\s*:\s*\{|finish_reason"\s*:\s*"|error"|detail"|message"|code"|base_resp"|tool_calls"|function_call"\s*:\s*\{)|event: ?error|(?:^|\n)error:|\[DONE\]/;

/**
 * How many events a piece holds that begins between events, if it ends so and holds nothing but text; -1 otherwise.
 * The bytes are taken for Latin-1, which costs a copy: one expression over that text is three times as fast as a
 * native search of the bytes for each marker, and twice as fast as a loop over them.
 */
function countTextEvents(bytes: Buffer): number {
  const text = bytes.toString("latin1");
  const end = text.endsWith("\n\n") ? "\n\n" : "\r\n\r\n";
  if (!text.endsWith(end) || markers.test(text)) return -1;
  let count = 0;
  for (let at = text.indexOf(end); at !== -1; at = text.indexOf(end, at + end.length)) count++;
  return count;
}

/** Pieces were passed over: what was read of the text is not its end. */
function withoutText(excerpt: AnswerExcerpt | undefined): AnswerExcerpt {
  return { textTail: () => null, inputJson: (place) => excerpt?.inputJson(place) ?? null };
}
