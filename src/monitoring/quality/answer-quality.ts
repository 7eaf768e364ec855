/**
 * The quality of one answer, measured by checks on it. Pure.
 *
 *     score = ended × tools × substance × length × refusal × loop
 *
 *     ended      1, or 0.3 where the answer broke off
 *     tools      0.2 + 0.8 × share of its tool calls that name a declared tool with input that satisfies its schema
 *     substance  1, or 0 where it holds neither text nor tool call
 *     length     1, or 0.7 where it was cut by the token limit
 *     refusal    1, or 0.3 where the model refused
 *     loop       1, or 0.3 where it ends in a repetition
 *
 * What is not known (no tools declared, no text kept) counts as in order.
 */
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { DeclaredTools } from "./declared-tools.ts";
import { isLooping } from "./repetition.ts";
import { satisfiesSchema } from "./schema-check.ts";

export interface CalledTool {
  readonly name: string;
  /** The input as JSON text; null where it was not kept. */
  readonly inputJson: string | null;
}

/** What is known of an answer. */
export interface AnswerForQuality {
  /** Whether it came to its proper end. */
  readonly hasEnded: boolean;
  /** In the words of either dialect. */
  readonly stopReason: string | null;
  readonly toolCalls: readonly CalledTool[];
  /** null where they are not known. */
  readonly tools: DeclaredTools | null;
  /** The text, or its end where it is long; null where it was not kept. */
  readonly text: string | null;
  /** Characters of text, thinking and tool input. */
  readonly outputCharacters: number;
}

export type ContentType = "text" | "tool_use" | "mixed" | "empty";

/** Each from 0 to 1, as in the formula above. */
export interface QualityChecks {
  readonly ended: number;
  readonly tools: number;
  readonly substance: number;
  readonly length: number;
  readonly refusal: number;
  readonly loop: number;
}

export interface AnswerQuality {
  readonly score: number;
  readonly checks: QualityChecks;
  readonly contentType: ContentType;
}

const cutReasons: ReadonlySet<string> = new Set(["max_tokens", "length", "model_context_window_exceeded"]);
const refusalReasons: ReadonlySet<string> = new Set(["refusal", "content_filter"]);
/** How refusals of models begin; only short answers without tool calls are read for them. */
const refusalWords =
  /^\s*(?:(?:i['’]?m|i am) (?:very |really )?sorry,? but|sorry,? (?:but )?i|i (?:can(?:no|['’])t|am unable to|['’]m unable to|won['’]t be able to) (?:help|assist|comply|provide|fulfill|do that|support))/i;
const refusalLength = 400;

export function answerQuality(answer: AnswerForQuality): AnswerQuality {
  const { stopReason, toolCalls, text } = answer;
  const contentType = contentTypeOf(answer);
  const checks: QualityChecks = {
    ended: answer.hasEnded ? 1 : 0.3,
    tools: 0.2 + 0.8 * validShare(answer),
    substance: contentType === "empty" ? 0 : 1,
    length: stopReason !== null && cutReasons.has(stopReason) ? 0.7 : 1,
    refusal: isRefusal(answer) ? 0.3 : 1,
    loop: text !== null && toolCalls.length === 0 && isLooping(text) ? 0.3 : 1,
  };
  const { ended, tools, substance, length, refusal, loop } = checks;
  return { score: ended * tools * substance * length * refusal * loop, checks, contentType };
}

function contentTypeOf({ toolCalls, text, outputCharacters }: AnswerForQuality): ContentType {
  const toolCharacters = toolCalls.reduce((sum, call) => sum + (call.inputJson?.length ?? 0), 0);
  const hasText = text === null ? outputCharacters > toolCharacters : text.trim() !== "";
  if (toolCalls.length > 0) return hasText ? "mixed" : "tool_use";
  return hasText ? "text" : "empty";
}

function validShare({ toolCalls, tools }: AnswerForQuality): number {
  if (tools === null || toolCalls.length === 0) return 1;
  return toolCalls.filter((call) => isToolCallValid(call, tools)).length / toolCalls.length;
}

/** Whether a call names a declared tool, and its input is an object that satisfies the tool's schema. */
function isToolCallValid(call: CalledTool, tools: DeclaredTools): boolean {
  const schema = tools.get(call.name);
  if (schema === undefined) return false;
  if (call.inputJson === null) return true;
  const input = parseJson(call.inputJson === "" ? "{}" : call.inputJson);
  if (!isJsonObject(input)) return false;
  return schema === null || satisfiesSchema(input, schema);
}

function isRefusal({ stopReason, toolCalls, text }: AnswerForQuality): boolean {
  if (stopReason !== null && refusalReasons.has(stopReason)) return true;
  return text !== null && toolCalls.length === 0 && text.length <= refusalLength && refusalWords.test(text);
}
