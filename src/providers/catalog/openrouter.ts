/** OpenRouter, a reseller of most others' models under `maker/model`. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const openrouter: CatalogEntry = defineEntry({
  kind: "openrouter",
  title: "OpenRouter",
  keyVariables: ["OPENROUTER_API_KEY"],
  root: "https://openrouter.ai/api",
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "", "openai-chat": "/v1" },
  models: [
    { name: "anthropic/claude-opus-5.5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "anthropic/claude-sonnet-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "anthropic/claude-haiku-4.5", contextTokens: 200_000, maxOutputTokens: 64_000 },
    { name: "moonshotai/kimi-k3", contextTokens: 1_048_576, maxOutputTokens: null },
    { name: "z-ai/glm-5.3", contextTokens: 1_048_576, maxOutputTokens: null },
    { name: "deepseek/deepseek-v4-pro", contextTokens: 1_000_000, maxOutputTokens: null },
  ],
  defaultModels: { main: "anthropic/claude-sonnet-5", small: "anthropic/claude-haiku-4.5" },
  modelPatterns: [
    "anthropic/*",
    "openai/*",
    "google/*",
    "x-ai/*",
    "deepseek/*",
    "qwen/*",
    "z-ai/*",
    "moonshotai/*",
    "mistralai/*",
    "meta-llama/*",
  ],
  traits: {
    reasoningRequest: { kind: "openrouter" },
    reasoningReturn: "reasoning_details",
    thinkingRequest: { kind: "budget" },
    hasFiles: true,
  },
  modelTraits: [
    { matches: /^mistralai\//, traits: { hasUserAfterTool: false } },
    { matches: /^google\//, traits: { hasMidConversationSystem: false } },
    { matches: /^google\/gemini-(3\.5-flash-lite|3\.[6-9]|[4-9])/, traits: { hasPrefill: false } },
    { matches: /^moonshotai\//, traits: { schemaSubset: "moonshot" } },
  ],
  quirks: [
    {
      fact: "Speaks Anthropic's dialect under /api; with models of other makers that is not promised to work.",
      source: "https://openrouter.ai/docs/guides/coding-agents/claude-code-integration",
    },
    {
      fact: "`reasoning: {effort | max_tokens}` for all makers; `reasoning_details` go back unchanged after a tool call.",
      source: "https://openrouter.ai/docs/guides/best-practices/reasoning-tokens",
    },
    {
      fact: "Mistral keeps to its order of roles here, too: its refusals of another come through.",
      source: "https://github.com/charmbracelet/crush/issues/279",
    },
    {
      fact: "Of several system messages Gemini sees the last one only.",
      source: "https://github.com/pipecat-ai/pipecat/issues/3362",
    },
    {
      fact: "Gemini's newer models refuse a last message of the assistant here, too.",
      source: "https://github.com/pipecat-ai/pipecat/pull/5821",
    },
    {
      fact: "Moonshot keeps to its own part of JSON Schema here, too.",
      source: "https://github.com/nicobailon/pi-subagents/issues/127",
    },
    {
      fact: "An error of the maker comes in `error.metadata.raw`, used-up credit as 402.",
      source: "https://openrouter.ai/docs/api-reference/errors",
    },
  ],
});
