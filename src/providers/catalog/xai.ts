/** xAI. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const xai: CatalogEntry = defineEntry({
  kind: "xai",
  title: "xAI",
  keyVariables: ["XAI_API_KEY"],
  root: "https://api.x.ai",
  regions: { us: "https://us.api.x.ai" },
  dialects: ["openai-chat"],
  paths: { "openai-chat": "/v1" },
  models: [
    { name: "grok-4.7", contextTokens: 500_000, maxOutputTokens: null },
    { name: "grok-4.6", contextTokens: 500_000, maxOutputTokens: null },
    { name: "grok-4.3", contextTokens: 1_000_000, maxOutputTokens: null },
  ],
  defaultModels: { main: "grok-4.7", small: "grok-4.3" },
  modelPatterns: ["grok-*"],
  traits: {
    tokenLimitField: "max_completion_tokens",
    hasStopSequences: false,
    refusedFields: ["presence_penalty", "frequency_penalty"],
    reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] },
  },
  modelTraits: [
    {
      matches: /^grok-4\.3/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["none", "low", "medium", "high"] } },
    },
    {
      matches: /^grok-4\.[6-9](?!\d)/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high", "xhigh"] } },
    },
    { matches: /^grok-4\.20/, traits: { reasoningRequest: { kind: "none" } } },
  ],
  quirks: [
    {
      fact: "Reasoning models refuse `stop` and the penalties; the effort is low, medium or high, for grok-4.3 also none.",
      source: "https://docs.x.ai/docs/guides/reasoning",
    },
    {
      fact: "From grok-4.6 on there is xhigh.",
      source: "https://docs.x.ai/developers/grok-4-7",
    },
    {
      fact: "grok-4.20 refuses an effort.",
      source: "https://github.com/vercel/ai/releases/tag/@ai-sdk%2Fxai@4.0.8",
    },
    {
      fact: "Its compatibility with Anthropic's dialect is deprecated, so it is not used.",
      source: "https://www.developersdigest.tech/reference/api-compatibility/xai",
    },
    {
      fact: "Used-up credit comes as 403 or 429, a wrong key as 400.",
      source: "https://docs.x.ai/docs/key-information/debugging",
    },
  ],
});
