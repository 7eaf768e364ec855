/** A llama.cpp server (`llama-server`) of one's own. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const llamaCpp: CatalogEntry = defineEntry({
  kind: "llama.cpp",
  title: "llama.cpp",
  keyVariables: [],
  isKeyOptional: true,
  root: "http://127.0.0.1:8080",
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "", "openai-chat": "/v1" },
  hasCountTokens: true,
  traits: { reasoningReturn: "reasoning_content", hasMidConversationSystem: false },
  quirks: [
    {
      fact: "Speaks Anthropic's dialect at the root, `count_tokens` too; tools need `--jinja`.",
      source: "https://github.com/ggml-org/llama.cpp/pull/17570",
    },
    {
      fact: "A prompt that does not fit is answered with 400 `exceed_context_size_error` and both sizes.",
      source: "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
    },
    {
      fact: "Chat templates of many models refuse a system message after the first.",
      source: "https://github.com/anthropics/claude-code/issues/77698",
    },
  ],
});
