/** Cerebras. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const cerebras: CatalogEntry = defineEntry({
  kind: "cerebras",
  title: "Cerebras",
  keyVariables: ["CEREBRAS_API_KEY"],
  root: "https://api.cerebras.ai",
  dialects: ["openai-chat"],
  paths: { "openai-chat": "/v1" },
  models: [
    { name: "gpt-oss-120b", contextTokens: 131_072, maxOutputTokens: 32_768 },
    { name: "qwen-3.8-27b", contextTokens: 131_072, maxOutputTokens: 32_768 },
  ],
  defaultModels: { main: "gpt-oss-120b", small: "gpt-oss-120b" },
  traits: {
    tokenLimitField: "max_completion_tokens",
    hasImages: false,
    hasImageUrls: false,
    reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] },
  },
  modelTraits: [
    {
      matches: /^qwen-3\.8/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["none", "low", "medium", "high"] } },
    },
  ],
  quirks: [
    {
      fact: "The output limit is `max_completion_tokens`; free accounts have half the context.",
      source: "https://inference-docs.cerebras.ai/api-reference/chat-completions",
    },
    {
      fact: "Models are retired often; gpt-oss-120b is the one that most are replaced by.",
      source: "https://inference-docs.cerebras.ai/support/deprecation",
    },
  ],
});
