/** Why an answer ended, in Anthropic's words. */
import { ownValue } from "../../../core/json/own-value.ts";
import { finishWord } from "../../openai-chat/errors.ts";

/**
 * OpenAI's reasons and what other servers say in their place; all that is missing is an ordinary end. Gemini's own:
 * https://ai.google.dev/api/generate-content#FinishReason
 */
const stopReasons: Readonly<Record<string, string>> = {
  length: "max_tokens",
  max_tokens: "max_tokens",
  model_length: "max_tokens",
  content_filter: "refusal",
  safety: "refusal",
  sensitive: "refusal",
  recitation: "refusal",
  blocklist: "refusal",
  prohibited_content: "refusal",
  spii: "refusal",
  refusal: "refusal",
};

export interface AnswerEnd {
  /** The provider's finish reason; null where it sent `[DONE]` without one. */
  readonly reason: string | null;
  readonly hasToolCalls: boolean;
  readonly hasRefusal: boolean;
  /** A stop sequence of the client's that the server says it met. */
  readonly stopSequence: string | null;
}

/**
 * The stop reason. A turn with tool calls that came to an ordinary end is `tool_use`, whatever the provider calls it:
 * clients run tools on that word alone, and Ollama, Gemini and older vLLM say `stop`.
 */
export function toStopReason(end: AnswerEnd): string {
  const mapped = ownValue(stopReasons, finishWord(end.reason ?? ""));
  if (mapped !== undefined) return mapped;
  if (end.hasToolCalls) return "tool_use";
  if (end.hasRefusal) return "refusal";
  return end.stopSequence === null ? "end_turn" : "stop_sequence";
}

/** The stop sequence that was met, if it is one of the client's. */
export function metStopSequence(met: string | null, asked: unknown): string | null {
  return met !== null && Array.isArray(asked) && asked.includes(met) ? met : null;
}
