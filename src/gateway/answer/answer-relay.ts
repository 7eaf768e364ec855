/**
 * A relay: what becomes of the pieces of a provider's answer on their way to the client.
 *
 * Same dialect: the bytes themselves, while a watch looks out for what the record needs. Other dialect: translated,
 * event by event or, for whole answers, at the end.
 */
import type { Dialect } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors/errors.ts";
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { AnswerFacts } from "../../dialects/answer-facts.ts";
import { emptyFacts } from "../../dialects/answer-facts.ts";
import { firstWords } from "../../dialects/errors/first-words.ts";
import { formatSseEvent, maxSseEventBytes } from "../../dialects/sse.ts";
import type { AnswerContext, DialectPair, StreamTranslator } from "../../dialects/translation.ts";
import { toStreamFailure } from "../../providers/classify-failure.ts";
import { collectedLimitBytes, tooLarge, WholeBody } from "./whole-body.ts";

export type Piece = string | Uint8Array;

export interface AnswerRelay {
  /** Whether the client gets server-sent events. */
  readonly isStreaming: boolean;
  /** Whether the provider sends them, which is the form of what others share and the cache keeps. */
  readonly isStreamed: boolean;
  /** The client's bytes for a piece of the provider's body; "" for none yet. Throws GatewayError `provider_bad_answer`. */
  push(piece: Uint8Array): Piece;
  /** The last bytes. Throws GatewayError `provider_bad_answer` or `provider_cut_answer` for an answer that is none. */
  end(): Piece;
  /**
   * The event that tells a client of a failure after its answer began; "" where the dialect has none. An answer of
   * which only the trailer is missing (`facts().isComplete`) gets that.
   */
  fail(error: GatewayError): string;
  /** A sign of life that does not split an event; "" where none can be sent now. */
  ping(): string;
  /** Whether the provider has begun to say something, so that the client may be told. */
  hasBegun(): boolean;
  /** Whether the provider has put an error into its stream. */
  hasFailed(): boolean;
  facts(): AnswerFacts;
}

/**
 * A sign of life that no client takes for a part of the answer. In the OpenAI dialect a comment without a blank line: clients
 * of OpenAI's Go library read an event of no data at each blank line, and their stream ends there
 * (https://github.com/mckinsey/agents-at-scale-ark/issues/1346).
 */
export const pings: Readonly<Record<Dialect, string>> = {
  "anthropic-messages": formatSseEvent("ping", '{"type":"ping"}'),
  "openai-chat": ": ping\n",
};

/** What a provider may send on end without an event for the client: more than its largest event. */
export const unheardLimitBytes: number = 2 * maxSseEventBytes;

/** Streamed, translated. */
export function translateStream(dialect: Dialect, translator: StreamTranslator): AnswerRelay {
  let hasBegun = false;
  let size = 0;
  let unheardBytes = 0;
  return {
    isStreaming: true,
    isStreamed: true,
    push(piece) {
      size += piece.byteLength;
      if (size > collectedLimitBytes) throw tooLarge();
      const events = translator.push(piece);
      unheardBytes = events === "" ? unheardBytes + piece.byteLength : 0;
      if (events !== "") hasBegun = true;
      else if (unheardBytes > unheardLimitBytes) {
        throw new GatewayError("provider_bad_answer", `the provider sent ${unheardBytes} bytes that say nothing`);
      }
      return events;
    },
    end() {
      const events = translator.end();
      const { isComplete, error } = translator.facts();
      if (hasBegun || isComplete || error !== null) return events;
      throw new GatewayError("provider_cut_answer", "the provider's stream ended before its answer had begun");
    },
    fail: (error) => translator.fail(error),
    ping: () => pings[dialect],
    hasBegun: () => hasBegun,
    hasFailed: () => translator.hasFailed(),
    facts: () => translator.facts(),
  };
}

/** Whole, translated. */
export function translateWhole(pair: DialectPair, context: AnswerContext): AnswerRelay {
  const collected = new WholeBody();
  let facts: AnswerFacts = emptyFacts;
  return {
    isStreaming: false,
    isStreamed: false,
    push(piece) {
      collected.add(piece);
      return "";
    },
    end() {
      const bytes = collected.bytes();
      const text = bytes.toString();
      const document = parseJson(text);
      // Gemini sends its errors as a list of one.
      const body = Array.isArray(document) ? document[0] : document;
      if (!isJsonObject(body)) throw text.trimStart().startsWith("{") ? cutObject() : noObject(bytes);
      const answer = pair.answer(body, context);
      if (answer.facts.error !== null) throw toStreamFailure(answer.facts.error);
      facts = answer.facts;
      return JSON.stringify(answer.body);
    },
    fail: () => "",
    ping: () => "",
    hasBegun: () => false,
    hasFailed: () => false,
    facts: () => facts,
  };
}

/** The error of an answer that is none: the page of a proxy, or of a wrong address. */
export function noObject(beginning: Uint8Array): GatewayError {
  const words = firstWords(Buffer.from(beginning.subarray(0, quotedBytes)).toString());
  const message = `the provider's answer is no JSON object: check its \`baseUrl\`${words === "" ? "" : `. It says: ${words}`}`;
  return new GatewayError("provider_bad_answer", message);
}

/** Of an answer that is none, this much is looked at for its words. */
export const quotedBytes = 16_384;

/** The error of a whole answer that begins as one, and whose server hides that it broke off. */
export function cutObject(): GatewayError {
  return new GatewayError("provider_cut_answer", "the provider's answer ends in the middle");
}
