/** A vLLM server of one's own. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const vllm: CatalogEntry = defineEntry({
  kind: "vllm",
  title: "vLLM",
  keyVariables: [],
  isKeyOptional: true,
  root: "http://127.0.0.1:8000",
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "", "openai-chat": "/v1" },
  hasCountTokens: true,
  traits: { hasMidConversationSystem: false },
  modelTraits: [
    {
      matches: /qwen-?3\.8/i,
      traits: { thinkingRequest: { kind: "adaptive", efforts: ["low", "medium", "xhigh"] } },
    },
  ],
  quirks: [
    {
      fact: "Speaks Anthropic's dialect at the root, `count_tokens` too.",
      source: "https://www.developersdigest.tech/reference/api-compatibility/vllm",
    },
    {
      fact: "Tools need `--enable-auto-tool-choice` and a `--tool-call-parser` that fits the model.",
      source: "https://docs.vllm.ai/en/latest/features/tool_calling.html",
    },
    {
      fact: "Chat templates of many models refuse a system message after the first.",
      source: "https://github.com/anthropics/claude-code/issues/77698",
    },
    {
      fact: "Chat templates of Qwen3.8 raise an error for efforts other than low, medium and xhigh; Claude Code asks for high.",
      source: "https://github.com/QwenLM/Qwen3.8/issues/217",
    },
  ],
});
