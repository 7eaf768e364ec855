/** Groq. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const groq: CatalogEntry = defineEntry({
  kind: "groq",
  title: "Groq",
  keyVariables: ["GROQ_API_KEY"],
  root: "https://api.groq.com/openai",
  dialects: ["openai-chat"],
  paths: { "openai-chat": "/v1" },
  models: [
    { name: "openai/gpt-oss-120b", contextTokens: 131_072, maxOutputTokens: 65_536 },
    { name: "openai/gpt-oss-20b", contextTokens: 131_072, maxOutputTokens: 65_536 },
    { name: "llama-3.3-70b-versatile", contextTokens: 131_072, maxOutputTokens: 32_768 },
    { name: "llama-3.1-8b-instant", contextTokens: 131_072, maxOutputTokens: 131_072 },
  ],
  defaultModels: { main: "openai/gpt-oss-120b", small: "openai/gpt-oss-20b" },
  traits: { tokenLimitField: "max_completion_tokens", hasImages: false, hasImageUrls: false },
  modelTraits: [
    {
      matches: /gpt-oss/,
      traits: {
        reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] },
        reasoningReturn: "reasoning",
      },
    },
    { matches: /llama-4/, traits: { hasImages: true, hasImageUrls: true } },
  ],
  quirks: [],
});
