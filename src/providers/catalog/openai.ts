/** OpenAI, by its Chat Completions API, and by Responses for what only that can. */
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
    { name: "gpt-6.1-sol", contextTokens: 1_050_000, maxOutputTokens: 128_000 },
    { name: "gpt-6-sol", contextTokens: 1_050_000, maxOutputTokens: 128_000 },
    { name: "gpt-6.1-terra", contextTokens: 1_050_000, maxOutputTokens: 128_000 },
    { name: "gpt-6-luna", contextTokens: 1_050_000, maxOutputTokens: 128_000 },
    { name: "gpt-5.4-mini", contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: "gpt-5.2", contextTokens: 400_000, maxOutputTokens: 128_000 },
    { name: "gpt-5.1", contextTokens: 400_000, maxOutputTokens: 128_000 },
  ],
  defaultModels: { main: "gpt-6-sol", small: "gpt-6-luna" },
  modelPatterns: ["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*"],
  traits: {
    tokenLimitField: "max_completion_tokens",
    schemaSubset: "openai",
    hasFiles: true,
  },
  modelTraits: [
    // Other models under this name are another server's, which may want its reasoning back.
    { matches: /^(gpt-(?!oss)|o\d|chatgpt-|ft:)/, traits: { refusesUnknownFields: true } },
    {
      matches: reasoning,
      traits: {
        systemRole: "developer",
        hasSamplingParameters: false,
        hasStopSequences: false,
        refusedFields: ["presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs"],
        reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] },
      },
    },
    {
      matches: /^gpt-5(-mini|-nano)?(-\d|$)/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["minimal", "low", "medium", "high"] } },
    },
    {
      matches: /^gpt-5\.1(?!.*-chat)/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["none", "low", "medium", "high"] } },
    },
    {
      matches: /^gpt-5\.[23](?!.*-chat)/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["none", "low", "medium", "high", "xhigh"] } },
    },
    {
      matches: /^gpt-(5\.[4-9]|[6-9])(?!.*-chat)/,
      traits: {
        reasoningRequest: { kind: "effort", efforts: ["none", "low", "medium", "high", "xhigh"] },
        responsesApi: "tools",
      },
    },
    {
      matches: /^gpt-(5\.[6-9]|[6-9])(?!.*-chat)/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["none", "low", "medium", "high", "xhigh", "max"] } },
    },
    {
      matches: /^gpt-6(-astra|\.1-sol)/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high", "xhigh", "max"] } },
    },
    {
      matches: /^(codex-|gpt-.*-(codex|pro)|o\d-pro|o\d.*-deep-research)/,
      traits: { responsesApi: "always" },
    },
    { matches: /^gpt-(5\.3-codex|5\.[4-9]|[6-9])(?!.*-chat)/, traits: { hasPhases: true } },
    {
      matches: /^(gpt-.*-codex|codex-)/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] } },
    },
    { matches: /^gpt-.*-pro/, traits: { reasoningRequest: { kind: "effort", efforts: ["high"] } } },
    { matches: /^(gpt-[5-9]|o[134])/, traits: { maxOutputTokens: 100_000 } },
    { matches: /^gpt-4\.1/, traits: { contextTokens: 1_047_576, maxOutputTokens: 32_768 } },
    { matches: /^(gpt-4o|chatgpt-4o)/, traits: { contextTokens: 128_000, maxOutputTokens: 16_384 } },
    { matches: /^(gpt-4-|gpt-4$|gpt-3\.5)/, traits: { maxOutputTokens: 4096 } },
  ],
  quirks: [
    {
      fact: "`max_tokens` is deprecated and refused by reasoning models; `max_completion_tokens` holds for all.",
      source: "https://platform.openai.com/docs/api-reference/chat/create",
    },
    {
      fact: "Reasoning models refuse `temperature`, `top_p`, `stop`, the penalties, `logit_bias` and `logprobs`.",
      source: "https://developers.openai.com/api/docs/guides/reasoning",
    },
    {
      fact: "An output limit that reasoning uses up before the first word makes Chat Completions answer 400: clients of Anthropic's dialect get an empty answer with `max_tokens`.",
      source: "https://github.com/BerriAI/litellm/issues/35061",
    },
    {
      fact: "Fields that the API does not know are refused with 400, so is other providers' reasoning in messages.",
      source: "https://github.com/spring-projects/spring-ai/issues/5197",
    },
    {
      fact: "From o1 on, developer messages stand in place of system messages.",
      source: "https://platform.openai.com/docs/api-reference/chat/create",
    },
    {
      fact: "From gpt-5.4 on, Chat Completions takes function tools only with `reasoning_effort: none`, from 5.6 on it must be said: other calls with tools go by the Responses API.",
      source: "https://community.openai.com/t/gpt-5-6-chat-completion-reasoning-effort-bug-behavior-change/1386454",
    },
    {
      fact: "From gpt-5.6 on the Responses API takes the effort max; Chat Completions ends with xhigh.",
      source: "https://docs.laozhang.ai/en/announcements/gpt-6-chat-tools-2026-11",
    },
    {
      fact: "From gpt-5.3-codex on messages have a phase, commentary or final answer, and the model may stop early where it does not come back.",
      source: "https://github.com/pydantic/pydantic-ai/pull/5229",
    },
    {
      fact: "The `-codex` and `-pro` models are served by the Responses API alone.",
      source: "https://github.com/ag2ai/ag2/pull/2250",
    },
    {
      fact: "The Responses API refuses a summary of the reasoning to organisations that are not verified, so none is asked for.",
      source: "https://github.com/continuedev/continue/issues/9876",
    },
    {
      fact: "gpt-6-astra and gpt-6.1-sol know no effort `none`, so their tools need the Responses API.",
      source: "https://docs.laozhang.ai/en/announcements/gpt-6-chat-tools-2026-11",
    },
    {
      fact: "Output limits of the older families: 16,384 for gpt-4o, 32,768 for gpt-4.1, 100,000 for o1, o3 and o4-mini, 128,000 from gpt-5 on (kept to 100,000 where a model is not listed).",
      source: "https://platform.openai.com/docs/models",
    },
    {
      fact: "gpt-5, its mini, nano and pro, o3 and o3-pro are shut down on 11 December 2026.",
      source: "https://developers.openai.com/api/docs/deprecations",
    },
  ],
});
