/** Moonshot AI (Kimi), which speaks Anthropic's dialect as well as OpenAI's. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const moonshot: CatalogEntry = defineEntry({
  kind: "moonshot",
  title: "Moonshot AI (Kimi)",
  keyVariables: ["MOONSHOT_API_KEY", "KIMI_API_KEY"],
  root: "https://api.moonshot.ai",
  regions: { intl: "https://api.moonshot.ai", cn: "https://api.moonshot.cn" },
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "/anthropic", "openai-chat": "/v1" },
  models: [
    { name: "kimi-k3.1-pro", contextTokens: 1_048_576, maxOutputTokens: 131_072 },
    { name: "kimi-k3", contextTokens: 1_048_576, maxOutputTokens: 131_072 },
    { name: "kimi-k2.7-code", contextTokens: 262_144, maxOutputTokens: null },
    { name: "kimi-k2.6", contextTokens: 262_144, maxOutputTokens: null },
  ],
  defaultModels: { main: "kimi-k3.1-pro", small: "kimi-k2.6" },
  modelPatterns: ["kimi-*", "moonshot-*"],
  traits: {
    tokenLimitField: "max_completion_tokens",
    reasoningReturn: "reasoning_content",
    wantsThinkingWithTools: true,
    thinkingRequest: { kind: "budget" },
    schemaSubset: "moonshot",
    hasParallelToolCalls: false,
  },
  modelTraits: [
    { matches: /^kimi-/, traits: { hasSamplingParameters: false } },
    {
      matches: /^kimi-k2\.[56]/,
      traits: { reasoningRequest: { kind: "thinking-switch" }, toolChoices: "forced-unthinking" },
    },
    { matches: /^kimi-(k2\.7|k2-thinking|thinking)/, traits: { toolChoices: "unforced" } },
    { matches: /^kimi-k3/, traits: { reasoningRequest: { kind: "effort", efforts: ["low", "high", "max"] } } },
  ],
  quirks: [
    {
      fact: "Speaks Anthropic's dialect under /anthropic. Keys of .ai and .cn are not interchangeable.",
      source: "https://platform.kimi.ai/docs/api/overview",
    },
    {
      fact: "kimi-k3, kimi-k3.1-pro and kimi-k2.7-code always think; the first two take the efforts low, high and max, kimi-k2.6 only a switch; `reasoning_content` must come back.",
      source: "https://platform.kimi.ai/docs/models",
    },
    {
      fact: "A forced tool call is refused while a model thinks, so always by those of K2 that cannot stop; kimi-k3 takes one since August 2026.",
      source: "https://docs.rs/crate/harn-vm/0.10.120/source/src/llm/capability_sources/20-providers/35-moonshot.toml",
    },
    {
      fact: "kimi-k3.1-pro costs two thirds of kimi-k3.",
      source: "https://apidog.com/blog/kimi-k3-1-pro-api/",
    },
    {
      fact: "`temperature` and `top_p` of kimi models are fixed; tool schemas are a dialect of its own.",
      source: "https://java.agentscope.io/v2/en/integration/model/kimi",
    },
    {
      fact: "Each value in a tool's schema names its type, and never beside a union.",
      source: "https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md",
    },
    {
      fact: "In Anthropic's dialect too a turn with tool calls must come back with thinking; an unsigned block will do.",
      source: "https://github.com/NousResearch/hermes-agent/pull/17510",
    },
  ],
});
