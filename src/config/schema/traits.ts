/** Overrides of a target's traits: the quirks that the catalog knows, for what it does not know. */
import { z } from "zod";
import { flag, text, wholeNumber } from "./values.ts";

export type ReasoningRequestConfig =
  | { readonly kind: "none" | "openrouter" | "thinking-switch" | "enable-thinking" }
  | { readonly kind: "effort"; readonly efforts: readonly string[] };

/** Absent ones are as the catalog says. */
export interface TraitsConfig {
  readonly tokenLimitField?: "max_tokens" | "max_completion_tokens";
  readonly reasoningRequest?: ReasoningRequestConfig;
  readonly reasoningReturn?: "never" | "reasoning_content" | "reasoning" | "reasoning_details";
  readonly hasStreamUsage?: boolean;
  readonly schemaSubset?: "full" | "openai" | "gemini" | "moonshot" | "plain";
  readonly hasParallelToolCalls?: boolean;
  readonly hasTools?: boolean;
  readonly hasImages?: boolean;
  readonly hasImageUrls?: boolean;
  readonly hasFiles?: boolean;
  readonly hasStructuredOutput?: boolean;
  readonly hasSamplingParameters?: boolean;
  readonly hasStopSequences?: boolean;
  readonly systemRole?: "system" | "developer";
  readonly hasMidConversationSystem?: boolean;
  readonly hasUserAfterTool?: boolean;
  readonly toolCallIdPattern?: "alphanumeric-9";
  readonly hasThoughtSignatures?: boolean;
  readonly responsesApi?: "never" | "tools" | "always";
  readonly maxOutputTokens?: number;
  readonly contextTokens?: number;
}

const reasoningKinds = ["none", "openrouter", "thinking-switch", "enable-thinking"] as const;

const reasoningRequest: z.ZodType<ReasoningRequestConfig> = z
  .union([
    z.enum(reasoningKinds).transform((kind) => ({ kind })),
    z.strictObject({ kind: z.enum(reasoningKinds).describe("The way.") }),
    z.strictObject({
      kind: z.literal("effort").describe("By `reasoning_effort`."),
      efforts: z.array(text()).min(1).describe("The efforts that it takes, the lowest first."),
    }),
  ])
  .describe("How the target is asked to think: a name, or `{kind: effort, efforts: [low, medium, high]}`.");

export const traitsSchema: z.ZodType<TraitsConfig> = z.strictObject({
  tokenLimitField: z
    .enum(["max_tokens", "max_completion_tokens"])
    .exactOptional()
    .describe("Name of the parameter that limits the output."),
  maxOutputTokens: wholeNumber(1).exactOptional().describe("Largest output that may be asked for."),
  contextTokens: wholeNumber(1).exactOptional().describe("Context window in tokens."),
  reasoningRequest: reasoningRequest.exactOptional(),
  reasoningReturn: z
    .enum(["never", "reasoning_content", "reasoning", "reasoning_details"])
    .exactOptional()
    .describe("How reasoning of earlier turns goes back."),
  hasStreamUsage: flag().exactOptional().describe("Takes `stream_options.include_usage`."),
  schemaSubset: z
    .enum(["full", "openai", "gemini", "moonshot", "plain"])
    .exactOptional()
    .describe("Part of JSON Schema that it accepts for tools."),
  hasParallelToolCalls: flag().exactOptional().describe("Takes `parallel_tool_calls`."),
  hasTools: flag().exactOptional().describe("Takes tools."),
  hasImages: flag().exactOptional().describe("Takes images."),
  hasImageUrls: flag().exactOptional().describe("Takes images by URL."),
  hasFiles: flag().exactOptional().describe("Takes `file` parts (PDF)."),
  hasStructuredOutput: flag().exactOptional().describe("Takes `response_format` with a schema."),
  hasSamplingParameters: flag().exactOptional().describe("Takes `temperature` and `top_p`."),
  hasStopSequences: flag().exactOptional().describe("Takes `stop`."),
  systemRole: z.enum(["system", "developer"]).exactOptional().describe("Role of the system prompt."),
  hasMidConversationSystem: flag().exactOptional().describe("Takes system messages between others."),
  hasUserAfterTool: flag().exactOptional().describe("Takes a user message directly behind results of tools."),
  toolCallIdPattern: z.enum(["alphanumeric-9"]).exactOptional().describe("Pattern that ids of tool calls must match."),
  hasThoughtSignatures: flag()
    .exactOptional()
    .describe("Sends thought signatures with tool calls and wants them back."),
  responsesApi: z
    .enum(["never", "tools", "always"])
    .exactOptional()
    .describe("Which calls go by the Responses API: those that offer tools, unless the effort is `none`, or all."),
});
