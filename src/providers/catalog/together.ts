/** Together AI, a host of open models. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const together: CatalogEntry = defineEntry({
  kind: "together",
  title: "Together AI",
  keyVariables: ["TOGETHER_API_KEY"],
  root: "https://api.together.ai",
  dialects: ["openai-chat"],
  paths: { "openai-chat": "/v1" },
  models: [
    { name: "zai-org/GLM-5.3", contextTokens: 1_048_576, maxOutputTokens: 131_072 },
    { name: "zai-org/GLM-5.3-Flash", contextTokens: 1_048_576, maxOutputTokens: 131_072 },
  ],
  defaultModels: { main: "zai-org/GLM-5.3", small: "zai-org/GLM-5.3-Flash" },
  modelTraits: [
    {
      matches: /GLM-5\.3/i,
      traits: {
        reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high", "max"] },
        reasoningReturn: "reasoning_content",
      },
    },
    { matches: /GLM-5\.3$/i, traits: { hasImages: false, hasImageUrls: false } },
    { matches: /gpt-oss/, traits: { reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] } } },
  ],
  quirks: [
    {
      fact: "Reasoning comes in `reasoning_content` or, with other models, in `reasoning`; GLM-5.3 always thinks.",
      source: "https://docs.together.ai/docs/glm-5.3-quickstart",
    },
  ],
});
