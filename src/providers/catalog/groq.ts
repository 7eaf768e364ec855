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
  ],
  defaultModels: { main: "openai/gpt-oss-120b", small: "openai/gpt-oss-20b" },
  modelPatterns: ["openai/gpt-oss-*"],
  traits: {
    tokenLimitField: "max_completion_tokens",
    hasImages: false,
    hasImageUrls: false,
    refusesUnknownFields: true,
    refusedFields: ["logit_bias", "logprobs", "top_logprobs"],
    refusedMessageFields: ["name"],
  },
  modelTraits: [
    {
      matches: /gpt-oss/,
      traits: {
        reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] },
        reasoningReturn: "reasoning",
      },
    },
  ],
  quirks: [
    {
      fact: "Reasoning of gpt-oss comes in `reasoning`; its effort is low, medium or high.",
      source: "https://console.groq.com/docs/reasoning",
    },
    {
      fact: "Messages with `reasoning_content`, and with `reasoning` for models that do not reason, are refused with 400.",
      source: "https://github.com/tashfeenahmed/freellmapi/issues/1070",
    },
    {
      fact: "`logprobs`, `top_logprobs`, `logit_bias` and the `name` of a message are refused with 400.",
      source: "https://console.groq.com/docs/openai",
    },
    {
      fact: "llama-3.3-70b-versatile and llama-3.1-8b-instant were shut down on 16 August 2026.",
      source: "https://console.groq.com/docs/deprecations",
    },
    {
      fact: "A tool call that the model wrote badly is answered with 400 `tool_use_failed`; another try often helps.",
      source: "https://console.groq.com/docs/tool-use",
    },
    {
      fact: "A prompt beyond the tokens of a minute is answered with 413 and never fits later either.",
      source: "https://console.groq.com/docs/rate-limits",
    },
  ],
});
