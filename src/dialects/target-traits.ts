/**
 * What a target can take and how it wants to be asked: a provider's quirks as data.
 *
 * The catalog fills them in (each with its source), translation reads them. Nothing else in the program asks
 * which provider it is talking to.
 */
import type { Target } from "../core/target.ts";

/** How an openai-chat target is asked to think. `effort`: `reasoning_effort`. `none`: it takes no such parameter. */
export type ReasoningRequest =
  | { readonly kind: "none" }
  | { readonly kind: "effort"; readonly efforts: readonly string[] }
  /** OpenRouter: `reasoning: {effort | max_tokens}`. */
  | { readonly kind: "openrouter" }
  /** DeepSeek, Z.ai, Moonshot: `thinking: {type: "enabled" | "disabled"}`. */
  | { readonly kind: "thinking-switch" }
  /** Alibaba: `enable_thinking`, `thinking_budget`. */
  | { readonly kind: "enable-thinking" };

/**
 * How an anthropic-messages target is asked to think. `adaptive`: `thinking: {type: "adaptive"}` with one of these
 * in `output_config.effort`, the least first. `budget`: `thinking: {type: "enabled", budget_tokens}`.
 */
export type ThinkingRequest =
  | { readonly kind: "none" }
  | { readonly kind: "adaptive"; readonly efforts: readonly string[] }
  | { readonly kind: "budget" };

/** How reasoning of earlier turns goes back. Several providers answer 400 after a tool call without it. */
export type ReasoningReturn = "never" | "reasoning_content" | "reasoning" | "reasoning_details";

/** Which part of JSON Schema a target accepts for tools. */
export type SchemaSubset = "full" | "openai" | "gemini" | "moonshot" | "plain";

/**
 * Which choices of tools a target takes. `forced-unthinking`: a call is forced only while it does not think, and it
 * thinks unless it is told not to. `unforced`: no call is forced. `auto`: nothing but that.
 */
export type ToolChoices = "all" | "forced-unthinking" | "unforced" | "auto";

export interface TargetTraits {
  readonly target: Target;
  readonly tokenLimitField: "max_tokens" | "max_completion_tokens";
  /** Largest output it accepts to be asked for; null where unknown (then the client's number goes as it is). */
  readonly maxOutputTokens: number | null;
  /** Context window in tokens; null where unknown. */
  readonly contextTokens: number | null;
  readonly reasoningRequest: ReasoningRequest;
  readonly reasoningReturn: ReasoningReturn;
  readonly thinkingRequest: ThinkingRequest;
  /** Takes `stream_options: {include_usage: true}`. */
  readonly hasStreamUsage: boolean;
  readonly schemaSubset: SchemaSubset;
  readonly hasParallelToolCalls: boolean;
  readonly hasTools: boolean;
  readonly toolChoices: ToolChoices;
  readonly hasImages: boolean;
  /** Takes images by URL, not only as data. */
  readonly hasImageUrls: boolean;
  /** Takes `type: "file"` parts (PDF). */
  readonly hasFiles: boolean;
  readonly hasStructuredOutput: boolean;
  /** Takes `response_format: {type: "json_object"}` where it takes no schema (openai-chat). */
  readonly hasJsonMode: boolean;
  readonly hasSamplingParameters: boolean;
  readonly hasStopSequences: boolean;
  readonly systemRole: "system" | "developer";
  /** A system message may stand between other messages. */
  readonly hasMidConversationSystem: boolean;
  /** A user message may follow results of tools (openai-chat). */
  readonly hasUserAfterTool: boolean;
  /** The last message may be the assistant's. */
  readonly hasPrefill: boolean;
  /** Pattern that tool call ids must match, as Mistral's nine letters and digits; null: any id. */
  readonly toolCallIdPattern: "alphanumeric-9" | null;
  /** Holds conversations between turns (`thread` in the Anthropic dialect), so that requests bring new messages only. */
  readonly hasThreads: boolean;
  /** Writes a summary of the conversation where it is asked for one (`compaction` in the Anthropic dialect). */
  readonly hasCompaction: boolean;
  /** While it thinks, a turn with tool calls must come back with thinking, whether signed or not (anthropic-messages). */
  readonly wantsThinkingWithTools: boolean;
  /** A message of the assistant without `reasoning_content` is refused, also one that calls no tool (openai-chat). */
  readonly wantsReasoningAlways: boolean;
  /** Fields that it does not know are refused, reasoning as other providers name it among them (openai-chat). */
  readonly refusesUnknownFields: boolean;
  /** Fields of OpenAI's requests that it refuses, and an answer can do without (openai-chat). */
  readonly refusedFields: readonly string[];
  /** The same of OpenAI's messages. */
  readonly refusedMessageFields: readonly string[];
  /** Sends thinking as parts of an answer's content, and takes those back (openai-chat, Mistral). */
  readonly hasThinkingParts: boolean;
  /** Takes `speed` (anthropic-messages). */
  readonly hasFastMode: boolean;
  /** Takes `tool_addition` and `tool_removal` between messages (anthropic-messages). */
  readonly hasToolChanges: boolean;
  /** Says of each message whether it is commentary or the final answer, and wants it back (Responses API). */
  readonly hasPhases: boolean;
  /**
   * Which calls go by OpenAI's Responses API (openai-chat): none, those that Chat Completions refuses (with tools, unless
   * the effort is said to be `none`), or all.
   */
  readonly responsesApi: "never" | "tools" | "always";
  /** Sends `extra_content.google.thought_signature` with tool calls and wants it back (Gemini). */
  readonly hasThoughtSignatures: boolean;
}

/** Traits of an openai-chat server about which nothing is known: ask for little, adapt nothing away. */
export function defaultTraits(target: Target): TargetTraits {
  return {
    target,
    tokenLimitField: "max_tokens",
    maxOutputTokens: null,
    contextTokens: null,
    reasoningRequest: { kind: "none" },
    reasoningReturn: "never",
    thinkingRequest: { kind: "none" },
    hasStreamUsage: true,
    schemaSubset: "full",
    hasParallelToolCalls: true,
    hasTools: true,
    toolChoices: "all",
    hasImages: true,
    hasImageUrls: true,
    hasFiles: false,
    hasStructuredOutput: true,
    hasJsonMode: false,
    hasSamplingParameters: true,
    hasStopSequences: true,
    systemRole: "system",
    hasMidConversationSystem: true,
    hasUserAfterTool: true,
    hasPrefill: true,
    toolCallIdPattern: null,
    hasThreads: false,
    hasCompaction: false,
    wantsThinkingWithTools: false,
    wantsReasoningAlways: false,
    refusesUnknownFields: false,
    refusedFields: [],
    refusedMessageFields: [],
    hasThinkingParts: false,
    hasFastMode: false,
    hasToolChanges: false,
    hasThoughtSignatures: false,
    hasPhases: false,
    responsesApi: "never",
  };
}
