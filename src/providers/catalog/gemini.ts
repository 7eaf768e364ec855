/** Google's Gemini API, by its OpenAI endpoint. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const gemini: CatalogEntry = defineEntry({
  kind: "gemini",
  title: "Google Gemini",
  keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  root: "https://generativelanguage.googleapis.com",
  dialects: ["openai-chat"],
  paths: { "openai-chat": "/v1beta/openai" },
  models: [
    { name: "gemini-3.1-pro-preview", contextTokens: 1_048_576, maxOutputTokens: 65_536 },
    { name: "gemini-3.8-flash", contextTokens: 1_048_576, maxOutputTokens: 65_536 },
    { name: "gemini-3.5-flash-lite", contextTokens: 1_048_576, maxOutputTokens: 65_536 },
  ],
  defaultModels: { main: "gemini-3.8-flash", small: "gemini-3.5-flash-lite" },
  modelPatterns: ["gemini-*"],
  traits: {
    schemaSubset: "gemini",
    hasThoughtSignatures: true,
    hasParallelToolCalls: false,
    hasImageUrls: false,
    hasMidConversationSystem: false,
    refusesUnknownFields: true,
    refusedFields: [
      "store", "metadata", "user", "seed", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs",
      "verbosity", "prompt_cache_key", "prompt_cache_retention", "safety_identifier",
    ], // prettier-ignore
    refusedMessageFields: ["refusal", "annotations", "audio", "function_call", "parsed"],
    reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] },
  },
  modelTraits: [{ matches: /^gemini-(3\.5-flash-lite|3\.[6-9]|[4-9])/, traits: { hasPrefill: false } }],
  quirks: [
    {
      fact: "`reasoning_effort` sets the thinking level; from 3.8 on there is no level below low.",
      source: "https://ai.google.dev/gemini-api/docs/openai",
    },
    {
      fact: "Tool calls carry `extra_content.google.thought_signature`; without it in the next turn the answer is 400.",
      source: "https://ai.google.dev/gemini-api/docs/thought-signatures",
    },
    {
      fact: "There is one system instruction, before the conversation: of several system messages the last one may be all that counts.",
      source: "https://github.com/pipecat-ai/pipecat/issues/3362",
    },
    {
      fact: "From 3.6 on, and 3.5-flash-lite, a last message of the assistant is refused.",
      source: "https://github.com/LibreChat-AI/agents/pull/323",
    },
    {
      fact: "Of OpenAI's fields `store`, `metadata`, `seed`, `frequency_penalty` and others are refused with 400.",
      source: "https://github.com/ed-donner/agents/issues/45",
    },
    {
      fact: "Of OpenAI's messages `refusal: null` is refused with 400, as answers of OpenAI's library come back.",
      source: "https://github.com/github/copilot-sdk/issues/2061",
    },
    {
      fact: "Messages with another provider's `reasoning_content` are refused with 400.",
      source: "https://github.com/janhq/jan/issues/8136",
    },
    {
      fact: "Tool parameters are a part of OpenAPI's schema, in which each value names its type.",
      source: "https://ai.google.dev/api/caching#Schema",
    },
    {
      fact: "The wait after 429 stands in the body, as `retryDelay` of a RetryInfo.",
      source: "https://cloud.google.com/apis/design/errors#error_details",
    },
  ],
});
