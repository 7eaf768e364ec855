/** What the router itself wants to know of an answer, whichever dialect it came in. */
import type { Usage } from "../core/usage.ts";

export interface AnswerFacts {
  /** As the provider names the model that answered. */
  readonly answeredModel: string | null;
  readonly answerId: string | null;
  /** null: the provider sent no counts (yet). */
  readonly usage: Usage | null;
  /** Whether the output was counted at its end: counts that stand before it are of its beginning, or none. */
  readonly isOutputCounted: boolean;
  /** The tier of service that answered, where it is not the usual one (`priority`, `flex`). */
  readonly serviceTier: string | null;
  /** In the words of the provider's dialect. */
  readonly stopReason: string | null;
  /** Whether the answer came to its proper end (`message_stop`, `[DONE]` or a finish reason). */
  readonly isComplete: boolean;
  /** An error that the provider put into its stream after status 200. */
  readonly error: StreamedError | null;
  readonly toolCalls: readonly AnsweredToolCall[];
  /** Characters of text, thinking and tool input: for an estimate where no usage came. */
  readonly outputCharacters: number;
  /** What the answer said, as far as it was kept; absent where nothing was. */
  readonly excerpt?: AnswerExcerpt;
  /** By what its thinking is known again; absent where nobody asks. */
  readonly thinkingMarks?: ThinkingMarks;
}

/** Meant for after the answer, as `AnswerExcerpt` is. */
export interface ThinkingMarks {
  list(): readonly string[];
}

/** A tool call of an answer. */
export interface AnsweredToolCall {
  /** As the client sees it. */
  readonly id: string;
  readonly name: string;
}

/** Bounded parts of an answer, to judge it by. Reading them costs more than keeping them: meant for after the answer. */
export interface AnswerExcerpt {
  /** The end of its text; null where it was not kept. */
  textTail(): string | null;
  /** The input of a tool call by its place in `toolCalls`, as JSON text; null where it was not kept. */
  inputJson(place: number): string | null;
}

export interface StreamedError {
  readonly type: string | null;
  /** Where the provider names one beside the type. */
  readonly code?: string;
  readonly message: string;
  /** An HTTP status, where the provider named one. */
  readonly status: number | null;
}

/** The error of an answer, or of a payload of a stream, that is no JSON. Nobody told the client of it, as it would be of a provider's own. */
export const garbledPayload: StreamedError = {
  type: null,
  message: "The provider sent a payload that is no JSON.",
  status: null,
};

/** The error of a whole answer that is an object of another kind: a status, an answer of another API. */
export const otherObject: StreamedError = {
  type: null,
  message: "The provider's answer is an object that holds no answer: check the provider's `dialect` and `baseUrl`.",
  status: null,
};

/** The error of an answer of which values stand so deep within each other that they cannot be written again. */
export const tooDeepAnswer: StreamedError = {
  type: null,
  message: "The provider's answer is nested too deeply to be read.",
  status: null,
};

export const emptyFacts: AnswerFacts = {
  answeredModel: null,
  answerId: null,
  usage: null,
  isOutputCounted: false,
  serviceTier: null,
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
  /** Nothing more comes: a stream's last event counts without its blank line, unless it is cut itself. */
  end(): void;
  /** Whether a stream has brought an error; of a whole answer `facts` tell. */
  hasFailed(): boolean;
  /** What is known so far; complete after the end. */
  facts(): AnswerFacts;
}

/** The facts that `read` finds in a whole answer. */
export function readWholeFacts(read: () => AnswerFacts): AnswerFacts {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ...emptyFacts, error: tooDeepAnswer };
  }
}
