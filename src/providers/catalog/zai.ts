/** Z.ai (Zhipu, GLM), which speaks Anthropic's dialect as well as OpenAI's. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const zai: CatalogEntry = defineEntry({
  kind: "zai",
  title: "Z.ai (GLM)",
  keyVariables: ["ZAI_API_KEY", "GLM_API_KEY", "ZHIPUAI_API_KEY"],
  root: "https://api.z.ai/api",
  regions: { intl: "https://api.z.ai/api", cn: "https://open.bigmodel.cn/api" },
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "/anthropic", "openai-chat": "/paas/v4" },
  models: [
    { name: "glm-5.3", contextTokens: 1_048_576, maxOutputTokens: 131_072 },
    { name: "glm-5.3-flash", contextTokens: 1_048_576, maxOutputTokens: 131_072 },
  ],
  defaultModels: { main: "glm-5.3", small: "glm-5.3-flash" },
  modelPatterns: ["glm-*"],
  traits: {
    reasoningRequest: { kind: "thinking-switch" },
    reasoningReturn: "reasoning_content",
    thinkingRequest: { kind: "budget" },
    hasStructuredOutput: false,
    hasParallelToolCalls: false,
    toolChoices: "auto",
  },
  modelTraits: [
    { matches: /^glm-5\.3/, traits: { reasoningRequest: { kind: "effort", efforts: ["low", "high", "max"] } } },
    { matches: /^glm-(5\.3$|5\.2|5\.1|5$|4\.[5-7]$)/, traits: { hasImages: false, hasImageUrls: false } },
  ],
  quirks: [
    {
      fact: "Speaks Anthropic's dialect under /api/anthropic; in China under open.bigmodel.cn.",
      source: "https://docs.z.ai/devpack/tool/claude",
    },
    {
      fact: "GLM-5.3 always thinks, with the efforts low, high and max; earlier ones have `thinking: {type}`.",
      source: "https://openrouter.ai/z-ai/glm-5.3/api",
    },
    {
      fact: "`tool_choice` other than `auto` is refused.",
      source: "https://github.com/vectorize-io/hindsight/issues/4246",
    },
    {
      fact: "`max_tokens` beyond 131072 is refused.",
      source: "https://dev.to/aihubmix/glm-53-api-guide-always-on-thinking-3-effort-levels-and-the-support-matrix-1d8e",
    },
    {
      fact: "Subscribers of the Coding Plan who want OpenAI's dialect set `baseUrl: https://api.z.ai/api/coding/paas/v4` and `dialect: openai-chat`.",
      source: "https://www.developersdigest.tech/reference/api-compatibility/zai",
    },
  ],
});
