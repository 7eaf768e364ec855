/**
 * Watches an Anthropic answer that passes through untouched.
 *
 * A chunk of plain deltas costs one scan of its bytes; everything else goes through the SSE reader, and once an
 * event was cut, until the reader stands between events again. Whole answers are collected and read at the end.
 */
import { parseJson, isJsonObject } from "../../core/json/json.ts";
import { emptyFacts, garbledPayload, otherObject, readWholeFacts } from "../answer-facts.ts";
import type { AnswerFacts, AnswerWatch } from "../answer-facts.ts";
import { SseReader } from "../sse.ts";
import { textOfPieces } from "../text-of-pieces.ts";
import { scanDeltas } from "./delta-scan.ts";
import { readAnthropicEvent } from "./events.ts";
import type { AnthropicEvent } from "./events.ts";
import { StreamExcerpt } from "./excerpt.ts";
import type { AnthropicFactsState } from "./facts.ts";
import { addCharacters, emptyFactsState, factsOfAnthropicMessage, reduceFacts } from "./facts.ts";
import { marksOfMessage, StreamThinkingMarks } from "./thinking-marks.ts";

/** Of a longer whole answer only the length is known: as much text fits into no model's output. */
const maxCollectedBytes = 16 * 1024 * 1024;

/** A watch on one answer. `isStreaming`: whether it comes as SSE. `marksThinking`: whether its facts tell the marks of its thinking. */
export function createAnthropicMessagesWatch(isStreaming: boolean, marksThinking: boolean = false): AnswerWatch {
  return isStreaming ? createStreamWatch(marksThinking) : new BodyWatch(marksThinking);
}

function createStreamWatch(marksThinking: boolean): AnswerWatch {
  const excerpt = new StreamExcerpt();
  const marks = marksThinking ? new StreamThinkingMarks() : null;
  const facts = { ...emptyFacts, excerpt, ...(marks !== null && { thinkingMarks: marks }) };
  let state: AnthropicFactsState = { ...emptyFactsState, facts };
  let scannedCharacters = 0;
  let isStopped = false;
  let isClosing = false;
  const reader = new SseReader((data, name) => read(readAnthropicEvent(data, name)));
  const read = (event: AnthropicEvent): void => {
    // After an error nothing counts, whatever a broken provider goes on to send, and of an event that lacks its end only an
    // error does: clients find the end of an answer in no half of one.
    if (isStopped || (isClosing && event.kind !== "error")) return;
    state = reduceFacts(state, event);
    excerpt.read(event);
    marks?.read(event);
    isStopped = event.kind === "error";
  };
  return {
    push(chunk) {
      if (!reader.isAtBoundary()) {
        reader.push(chunk);
        return;
      }
      const { end, characters } = scanDeltas(chunk, excerpt, marks);
      if (!isStopped) scannedCharacters += characters;
      if (end < chunk.length) reader.push(end === 0 ? chunk : chunk.subarray(end));
    },
    end() {
      isClosing = true;
      reader.end();
    },
    hasFailed: () => isStopped,
    facts: () => addCharacters(state, scannedCharacters).facts,
  };
}

class BodyWatch implements AnswerWatch {
  readonly #marksThinking: boolean;
  #chunks: Uint8Array[] = [];
  #collectedBytes = 0;
  #facts: AnswerFacts | null = null;

  constructor(marksThinking: boolean) {
    this.#marksThinking = marksThinking;
  }

  push(chunk: Uint8Array): void {
    this.#facts = null;
    this.#collectedBytes += chunk.length;
    if (this.#collectedBytes <= maxCollectedBytes) this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  end(): void {}

  hasFailed(): boolean {
    return false;
  }

  facts(): AnswerFacts {
    this.#facts ??= readWholeFacts(() => readBody(this.#chunks, this.#collectedBytes, this.#marksThinking));
    return this.#facts;
  }
}

function readBody(chunks: readonly Uint8Array[], collectedBytes: number, marksThinking: boolean): AnswerFacts {
  if (chunks.length === 0) return { ...emptyFacts, outputCharacters: collectedBytes };
  const body = parseJson(textOfPieces(chunks));
  if (!isJsonObject(body)) return { ...emptyFacts, outputCharacters: collectedBytes, error: garbledPayload };
  const facts = factsOfAnthropicMessage(body);
  // A message, or a count of tokens.
  const isOther = body["content"] === undefined && body["input_tokens"] === undefined;
  if (isOther && facts.error === null) return { ...facts, error: otherObject };
  return marksThinking ? { ...facts, thinkingMarks: marksOfMessage(body) } : facts;
}
