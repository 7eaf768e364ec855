/** Alibaba Cloud Model Studio (Qwen), which speaks Anthropic's dialect as well as OpenAI's. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const alibaba: CatalogEntry = defineEntry({
  kind: "alibaba",
  title: "Alibaba Model Studio (Qwen)",
  keyVariables: ["DASHSCOPE_API_KEY"],
  root: "https://dashscope-intl.aliyuncs.com",
  regions: {
    intl: "https://dashscope-intl.aliyuncs.com",
    us: "https://dashscope-us.aliyuncs.com",
    hk: "https://cn-hongkong.dashscope.aliyuncs.com",
    cn: "https://dashscope.aliyuncs.com",
  },
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "/apps/anthropic", "openai-chat": "/compatible-mode/v1" },
  models: [
    { name: "qwen3.8-max", contextTokens: 1_000_000, maxOutputTokens: 65_536 },
    { name: "qwen3.7-plus", contextTokens: 1_000_000, maxOutputTokens: 65_536 },
    { name: "qwen3.6-flash", contextTokens: 1_000_000, maxOutputTokens: 65_536 },
  ],
  defaultModels: { main: "qwen3.8-max", small: "qwen3.6-flash" },
  modelPatterns: ["qwen*", "qwq-*"],
  traits: {
    reasoningRequest: { kind: "enable-thinking" },
    reasoningReturn: "reasoning_content",
    thinkingRequest: { kind: "budget" },
    hasMidConversationSystem: false,
    toolChoices: "forced-unthinking",
  },
  modelTraits: [
    { matches: /^qwq-|-thinking/, traits: { toolChoices: "unforced" } },
    {
      matches: /^qwen3\.8/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["none", "low", "medium", "high", "xhigh"] } },
    },
  ],
  quirks: [
    {
      fact: "Speaks Anthropic's dialect under /apps/anthropic. Keys belong to a region; a key of another one is answered with 401.",
      source: "https://www.alibabacloud.com/help/en/model-studio/anthropic-api-messages",
    },
    {
      fact: "`https://{WorkspaceId}.<region>.maas.aliyuncs.com` is the newer address: set it as `baseUrl`. The ones here go on.",
      source: "https://www.alibabacloud.com/help/en/model-studio/anthropic-api-messages",
    },
    {
      fact: "`enable_thinking` and `thinking_budget` steer thinking; qwen3.8 takes `reasoning_effort`, xhigh if none is given.",
      source: "https://www.alibabacloud.com/help/en/model-studio/deep-thinking",
    },
    {
      fact: "A forced tool call is refused while a model thinks; `qwq-*` and `*-thinking-*` cannot stop.",
      source: "https://github.com/agentscope-ai/agentscope/issues/1608",
    },
    {
      fact: "An account in arrears is answered with 400 `Arrearage`.",
      source: "https://www.alibabacloud.com/help/en/model-studio/error-code",
    },
    {
      fact: "Its Anthropic endpoint knows the roles user and assistant only.",
      source: "https://github.com/QwenLM/Qwen/issues/2244",
    },
  ],
});
