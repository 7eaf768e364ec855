/**
 * Watches an Anthropic answer that passes through untouched.
 *
 * A chunk of plain deltas costs one scan of its bytes; everything else goes through the SSE reader, and once an
 * event was cut, until the reader stands between events again. Whole answers are collected and read at the end.
 */
import { parseJson, isJsonObject } from "../../core/json.ts";
import { emptyFacts } from "../answer-facts.ts";
import type { AnswerFacts, AnswerWatch } from "../answer-facts.ts";
import { createSseReader } from "../sse.ts";
import { scanDeltas } from "./delta-scan.ts";
import { readAnthropicEvent } from "./events.ts";
import { StreamExcerpt } from "./excerpt.ts";
import type { AnthropicFactsState } from "./facts.ts";
import { addCharacters, emptyFactsState, factsOfAnthropicMessage, reduceFacts } from "./facts.ts";

/** Of a longer whole answer only the length is known: as much text fits into no model's output. */
const maxCollectedBytes = 16 * 1024 * 1024;

/** A watch on one answer. `isStreaming`: whether it comes as SSE. */
export function createAnthropicMessagesWatch(isStreaming: boolean): AnswerWatch {
  return isStreaming ? createStreamWatch() : createBodyWatch();
}

function createStreamWatch(): AnswerWatch {
  const excerpt = new StreamExcerpt();
  let state: AnthropicFactsState = { ...emptyFactsState, facts: { ...emptyFacts, excerpt } };
  let scannedCharacters = 0;
  let isStopped = false;
  const reader = createSseReader((data) => {
    // After an error or the end nothing counts, whatever a broken provider goes on to send.
    if (isStopped) return;
    const event = readAnthropicEvent(data);
    state = reduceFacts(state, event);
    excerpt.read(event);
    isStopped = event.kind === "error";
  });
  return {
    push(chunk) {
      if (!reader.isAtBoundary()) {
        reader.push(chunk);
        return;
      }
      const { end, characters } = scanDeltas(chunk, excerpt);
      if (!isStopped) scannedCharacters += characters;
      if (end < chunk.length) reader.push(end === 0 ? chunk : chunk.subarray(end));
    },
    facts: () => addCharacters(state, scannedCharacters).facts,
  };
}

function createBodyWatch(): AnswerWatch {
  const chunks: Uint8Array[] = [];
  let collectedBytes = 0;
  let facts: AnswerFacts | null = null;
  return {
    push(chunk) {
      facts = null;
      collectedBytes += chunk.length;
      if (collectedBytes <= maxCollectedBytes) chunks.push(chunk);
      else chunks.length = 0;
    },
    facts() {
      facts ??= readBody(chunks, collectedBytes);
      return facts;
    },
  };
}

function readBody(chunks: readonly Uint8Array[], collectedBytes: number): AnswerFacts {
  const body = chunks.length === 0 ? undefined : parseJson(Buffer.concat(chunks).toString());
  return isJsonObject(body) ? factsOfAnthropicMessage(body) : { ...emptyFacts, outputCharacters: collectedBytes };
}
