/** Mistral. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const mistral: CatalogEntry = defineEntry({
  kind: "mistral",
  title: "Mistral",
  keyVariables: ["MISTRAL_API_KEY"],
  root: "https://api.mistral.ai",
  dialects: ["openai-chat"],
  paths: { "openai-chat": "/v1" },
  models: [
    { name: "mistral-medium-latest", contextTokens: 262_144, maxOutputTokens: null },
    { name: "mistral-large-4", contextTokens: 1_000_000, maxOutputTokens: null },
    { name: "mistral-large-latest", contextTokens: 262_144, maxOutputTokens: null },
    { name: "mistral-small-latest", contextTokens: 262_144, maxOutputTokens: null },
  ],
  defaultModels: { main: "mistral-medium-latest", small: "mistral-small-latest" },
  modelPatterns: ["mistral-*", "ministral-*", "codestral-*", "devstral-*", "magistral-*"],
  traits: {
    toolCallIdPattern: "alphanumeric-9",
    hasStreamUsage: false,
    hasMidConversationSystem: false,
    hasUserAfterTool: false,
    hasPrefill: false,
    refusesUnknownFields: true,
    refusedFields: [
      "store", "metadata", "user", "seed", "logit_bias", "logprobs", "top_logprobs", "service_tier", "verbosity", "prompt_cache_key",
      "prompt_cache_retention", "safety_identifier",
    ], // prettier-ignore
    refusedMessageFields: ["name", "refusal", "annotations", "audio", "function_call", "parsed"],
    hasThinkingParts: true,
  },
  modelTraits: [
    {
      matches: /^mistral-(medium|small)-latest$|^mistral-medium-3[.-]5|^mistral-large-4/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["none", "high"] } },
    },
  ],
  quirks: [
    {
      fact: "Ids of tool calls are nine letters and digits.",
      source: "https://docs.mistral.ai/capabilities/function_calling",
    },
    {
      fact: "A user message directly behind results of tools is refused: the assistant has to speak in between.",
      source: "https://github.com/BerriAI/litellm/issues/17761",
    },
    {
      fact: "A last message of the assistant is refused, unless it is marked as a prefix of the answer.",
      source: "https://github.com/QuantumNous/new-api/issues/2858",
    },
    {
      fact: "`reasoning_effort` is none or high; thinking comes as parts of `content`.",
      source: "https://docs.mistral.ai/capabilities/reasoning",
    },
    {
      fact: "mistral-large-4 has a context of a million tokens and thinks unless it is told not to.",
      source: "https://apidog.com/blog/mistral-large-4-api/",
    },
    {
      fact: "Of OpenAI's fields `store`, `metadata` and others are refused with 422, in messages `name` and `refusal`.",
      source: "https://github.com/Gitlawb/openclaude/issues/739",
    },
    {
      fact: "Streams end with usage without being asked; fields that the schema does not name are refused with 422.",
      source: "https://docs.mistral.ai/api/",
    },
  ],
});
