/** DeepSeek, which speaks Anthropic's dialect as well as OpenAI's. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const deepseek: CatalogEntry = defineEntry({
  kind: "deepseek",
  title: "DeepSeek",
  keyVariables: ["DEEPSEEK_API_KEY"],
  root: "https://api.deepseek.com",
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "/anthropic", "openai-chat": "" },
  models: [
    { name: "deepseek-v4-pro", contextTokens: 1_000_000, maxOutputTokens: 384_000 },
    { name: "deepseek-flash", contextTokens: 1_000_000, maxOutputTokens: 384_000 },
  ],
  defaultModels: { main: "deepseek-v4-pro", small: "deepseek-flash" },
  modelPatterns: ["deepseek-*"],
  traits: {
    reasoningRequest: { kind: "thinking-switch" },
    reasoningReturn: "reasoning_content",
    wantsThinkingWithTools: true,
    wantsReasoningAlways: true,
    refusesUnknownFields: true,
    thinkingRequest: { kind: "budget" },
    hasImageUrls: false,
    toolChoices: "forced-unthinking",
    hasStructuredOutput: false,
    hasJsonMode: true,
    hasParallelToolCalls: false,
    hasMidConversationSystem: false,
  },
  modelTraits: [{ matches: /^deepseek-(?!flash|v4-flash)/, traits: { hasImages: false } }],
  quirks: [
    {
      fact: "`deepseek-flash` (V4.1 Flash) takes images; `deepseek-v4-flash` is another name for it that will go.",
      source: "https://api-docs.deepseek.com/quick_start/pricing",
    },
    {
      fact: "Speaks Anthropic's dialect under /anthropic; `anthropic-beta`, `anthropic-version` and `cache_control` are ignored there, images and documents are not supported.",
      source: "https://api-docs.deepseek.com/guides/anthropic_api",
    },
    {
      fact: "`thinking: {type}` switches thinking; within a turn with tool calls `reasoning_content` must come back, or the answer is 400.",
      source: "https://api-docs.deepseek.com/guides/thinking_mode",
    },
    {
      fact: "In a conversation with tool calls `reasoning_content` must come back with every message of the assistant, also with one that calls nothing.",
      source: "https://github.com/MoonshotAI/kimi-cli/issues/2141",
    },
    {
      fact: "While it thinks, which it does unless told otherwise, a forced tool call is refused, in Anthropic's dialect too.",
      source: "https://github.com/deepseek-ai/awesome-deepseek-integration/issues/598",
    },
    {
      fact: "`response_format` knows `json_object`, no schema.",
      source: "https://api-docs.deepseek.com/guides/json_mode",
    },
    {
      fact: "After a system message at the end of the conversation its Anthropic endpoint may answer with nothing.",
      source: "https://github.com/QuantumNous/new-api/pull/5413",
    },
    {
      fact: "In Anthropic's dialect too a turn with tool calls must come back with thinking; an unsigned block will do.",
      source: "https://github.com/QwenLM/qwen-code/pull/3788",
    },
  ],
});
