/** A prompt: what a simulated provider understands of a request, whatever its dialect. */
import type { JsonObject } from "../../core/json/json.ts";

/** One message. A tool's results count as the user's turn in both dialects. */
export interface PromptTurn {
  readonly role: "user" | "assistant" | "system";
  /** Its text without reminders that the client put in (`<system-reminder>`, `<system>`). */
  readonly text: string;
  /** Number of tool calls in it. */
  readonly toolCallCount: number;
  /** Texts of the tool results in it. */
  readonly toolResults: readonly string[];
}

/** A piece of the prompt in the order in which the provider caches it: tools, system, messages. */
export interface PromptSegment {
  readonly text: string;
  /** Set where the client asked for a cache entry that ends here. */
  readonly cacheTtl: "5m" | "1h" | null;
}

export interface PromptTool {
  readonly name: string;
  readonly schema: JsonObject;
}

export type PromptToolChoice =
  | { readonly kind: "auto" | "none" | "any" }
  | { readonly kind: "named"; readonly name: string };

export interface Prompt {
  readonly model: string;
  readonly isStream: boolean;
  readonly turns: readonly PromptTurn[];
  readonly segments: readonly PromptSegment[];
  readonly tools: readonly PromptTool[];
  readonly toolChoice: PromptToolChoice;
  readonly hasParallelCalls: boolean;
  /** Null where the request leaves it to the model. */
  readonly maxOutputTokens: number | null;
  readonly stopSequences: readonly string[];
  /** Whether the model is to think before it answers. */
  readonly isThinking: boolean;
  /** Schema that the text must match; an empty object for "any JSON". */
  readonly outputSchema: JsonObject | null;
}

const reminder = /<(system|system-reminder)>[\s\S]*?<\/\1>/g;

/** `text` without what clients and gateways put into a person's message in the system's name. */
export function withoutReminders(text: string): string {
  return text.includes("<system") ? text.replace(reminder, "").trim() : text;
}

/** Where the conversation stands: what a person asked last, and what has happened since. */
export interface PromptPosition {
  readonly question: string;
  /** Turns with tool calls since the question. */
  readonly stepsDone: number;
  /** Results of the last of those turns. */
  readonly lastResults: readonly string[];
}

/** The last user turn that says something, and the steps since. */
export function findPosition(turns: readonly PromptTurn[]): PromptPosition {
  let questionAt = turns.length - 1;
  while (questionAt >= 0 && !isQuestion(turns[questionAt])) questionAt--;
  const since = turns.slice(questionAt + 1);
  const lastStep = since.findLastIndex((turn) => turn.toolCallCount > 0);
  return {
    question: turns[questionAt]?.text ?? "",
    stepsDone: since.filter((turn) => turn.toolCallCount > 0).length,
    // One message holds them all in Anthropic's dialect, one message each in OpenAI's.
    lastResults: lastStep === -1 ? [] : since.slice(lastStep + 1).flatMap((turn) => turn.toolResults),
  };
}

function isQuestion(turn: PromptTurn | undefined): boolean {
  return turn?.role === "user" && turn.text !== "" && turn.toolResults.length === 0;
}
