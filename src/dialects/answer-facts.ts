/** What the router itself wants to know of an answer, whichever dialect it came in. */
import type { Usage } from "../core/usage.ts";

export interface AnswerFacts {
  /** As the provider names the model that answered. */
  readonly answeredModel: string | null;
  readonly answerId: string | null;
  /** null: the provider sent no counts (yet). */
  readonly usage: Usage | null;
  /** In the words of the provider's dialect. */
  readonly stopReason: string | null;
  /** Whether the answer came to its proper end (`message_stop`, `[DONE]` or a finish reason). */
  readonly isComplete: boolean;
  /** An error that the provider put into its stream after status 200. */
  readonly error: StreamedError | null;
  readonly toolCalls: readonly AnsweredToolCall[];
  /** Characters of text, thinking and tool input: for an estimate where no usage came. */
  readonly outputCharacters: number;
  /** The end of the answer's text, a few thousand characters; null or absent where it was not kept. */
  readonly textTail?: string | null;
}

/** A tool call of an answer. */
export interface AnsweredToolCall {
  /** As the client sees it. */
  readonly id: string;
  readonly name: string;
  /** Its input as JSON text; null or absent where it was not kept, as it was too long. */
  readonly inputJson?: string | null;
}

export interface StreamedError {
  readonly type: string | null;
  readonly message: string;
  /** An HTTP status, where the provider named one. */
  readonly status: number | null;
}

export const emptyFacts: AnswerFacts = {
  answeredModel: null,
  answerId: null,
  usage: null,
  stopReason: null,
  isComplete: false,
  error: null,
  toolCalls: [],
  outputCharacters: 0,
};

/** Watches an answer that passes through untouched. Cheap for chunks that hold nothing of interest. Never throws. */
export interface AnswerWatch {
  /** A piece of the body, as it passes. */
  push(chunk: Uint8Array): void;
  /** What is known so far; complete after the last push. */
  facts(): AnswerFacts;
}
