/** The contract of a pair of dialects: requests go one way, answers come back the other. */
import type { Dialect } from "../core/dialect.ts";
import type { GatewayError } from "../core/errors/errors.ts";
import type { JsonObject } from "../core/json/json.ts";
import type { AnswerFacts } from "./answer-facts.ts";
import type { TargetTraits } from "./target-traits.ts";

export interface TranslatedRequest {
  readonly body: JsonObject;
  /** What was mapped loosely, dropped or clamped, one line each, for the record; docs/translation.md lists all. */
  readonly notes: readonly string[];
}

/** A whole answer in the client's dialect, and what is known of it. */
export interface TranslatedAnswer {
  readonly body: JsonObject;
  readonly facts: AnswerFacts;
}

/** What an answer's translation needs to know of the call. */
export interface AnswerContext {
  /** The model as the client asked for it: the name that its answer carries. */
  readonly askedModel: string;
  readonly traits: TargetTraits;
  /** The client's request or its outline (stop sequences, structured output and the like shape the answer). */
  readonly request: JsonObject;
  /** Unix seconds, for `created`. */
  readonly createdAtSeconds: number;
  /** Our id of the call, for answers whose provider sent none. */
  readonly callId: string;
  /** Estimated input tokens: what `message_start` shows until the provider says better. */
  readonly estimatedInputTokens: number;
  /** The provider, where the router has credentials of its own for it; null where they are the client's. */
  readonly keyHolder: string | null;
}

/** Turns the bytes of a provider's stream into the client's, one push at a time. Never throws. */
export interface StreamTranslator {
  /** Client bytes (complete SSE events, or an empty string) for a piece of the provider's stream, cut anywhere. */
  push(chunk: Uint8Array): string;
  /** The provider's stream ended by itself: the closing events, or an error event if it ended too early. */
  end(): string;
  /** The call failed after the answer began: an error event in the client's dialect. Nothing may follow. */
  fail(error: GatewayError): string;
  /** Whether the client has been told of an error. */
  hasFailed(): boolean;
  /** What is known of the answer so far; complete after `end`. */
  facts(): AnswerFacts;
}

/** How calls go from clients of one dialect to providers of another. */
export interface DialectPair {
  readonly client: Dialect;
  readonly provider: Dialect;
  /**
   * `body`: a request, or the outline of one. Throws GatewayError `caller_*` on what the target cannot be asked; never
   * sends what it would reject.
   */
  request(body: JsonObject, traits: TargetTraits): TranslatedRequest;
  /**
   * A whole answer (status 2xx), given as the provider sent it. An error under that status stands in the facts, and the body is
   * the provider's. Throws GatewayError `provider_bad_answer`.
   */
  answer(body: JsonObject, context: AnswerContext): TranslatedAnswer;
  stream(context: AnswerContext): StreamTranslator;
}
