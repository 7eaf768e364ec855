/** OpenAI, by its Chat Completions API. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

/** Reasoning models; the `-chat` ones beside them do not reason. */
const reasoning = /^(o\d|gpt-[5-9](?!.*-chat))/;

export const openai: CatalogEntry = defineEntry({
  kind: "openai",
  title: "OpenAI",
  keyVariables: ["OPENAI_API_KEY"],
  root: "https://api.openai.com",
  regions: { eu: "https://eu.api.openai.com", us: "https://us.api.openai.com" },
  dialects: ["openai-chat"],
  paths: { "openai-chat": "/v1" },
  models: [
    { name: "gpt-6-sol", contextTokens: 1_050_000, maxOutputTokens: 128_000 },
    { name: "gpt-6-luna", contextTokens: 1_050_000, maxOutputTokens: 128_000 },
    { name: "gpt-5.4-mini", contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: "gpt-5.1", contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: "gpt-5-mini", contextTokens: 400_000, maxOutputTokens: 128_000 },
  ],
  defaultModels: { main: "gpt-6-sol", small: "gpt-6-luna" },
  modelPatterns: ["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*"],
  traits: { tokenLimitField: "max_completion_tokens", schemaSubset: "openai", hasFiles: true },
  modelTraits: [
    {
      matches: reasoning,
      traits: {
        systemRole: "developer",
        hasSamplingParameters: false,
        hasStopSequences: false,
        reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] },
      },
    },
    {
      matches: /^gpt-5(-mini|-nano)?$/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["minimal", "low", "medium", "high"] } },
    },
    {
      matches: /^gpt-5\.1/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["none", "low", "medium", "high"] } },
    },
    {
      matches: /^gpt-(5\.[2-9]|[6-9])(?!.*-chat)/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["none", "low", "medium", "high", "xhigh"] } },
    },
  ],
  quirks: [
    {
      fact: "`max_tokens` is deprecated and refused by reasoning models; `max_completion_tokens` holds for all.",
      source: "https://platform.openai.com/docs/api-reference/chat/create",
    },
    {
      fact: "Reasoning models refuse `temperature` and `top_p`, and `stop`.",
      source: "https://developers.openai.com/api/docs/guides/reasoning",
    },
    {
      fact: "Since o1, developer messages stand in place of system messages.",
      source: "https://platform.openai.com/docs/api-reference/chat/create",
    },
  ],
});
