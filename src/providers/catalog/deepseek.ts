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
    { name: "deepseek-v4-flash", contextTokens: 1_000_000, maxOutputTokens: 384_000 },
  ],
  defaultModels: { main: "deepseek-v4-pro", small: "deepseek-v4-flash" },
  modelPatterns: ["deepseek-*"],
  traits: {
    reasoningRequest: { kind: "thinking-switch" },
    reasoningReturn: "reasoning_content",
    hasImages: false,
    hasImageUrls: false,
  },
  quirks: [
    {
      fact: "Speaks Anthropic's dialect under /anthropic; `anthropic-beta` and `anthropic-version` are ignored there.",
      source: "https://api-docs.deepseek.com/guides/anthropic_api",
    },
  ],
});
