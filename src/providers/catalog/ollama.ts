/** Ollama on one's own machine, or its cloud. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const ollama: CatalogEntry = defineEntry({
  kind: "ollama",
  title: "Ollama",
  keyVariables: [],
  isKeyOptional: true,
  root: "http://127.0.0.1:11434",
  regions: { cloud: "https://ollama.com" },
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "", "openai-chat": "/v1" },
  traits: { reasoningReturn: "reasoning", hasImageUrls: false, hasMidConversationSystem: false },
  modelTraits: [
    { matches: /gpt-oss/, traits: { reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] } } },
    { matches: /qwen-?3\.8/i, traits: { thinkingRequest: { kind: "adaptive", efforts: ["low", "medium"] } } },
  ],
  quirks: [
    {
      fact: "Speaks Anthropic's dialect since 0.14. At least 64k tokens of context are advised for Claude Code: the default is far less.",
      source: "https://ollama.com/blog/claude",
    },
    {
      fact: "The cloud takes bearer keys only; images must come as data.",
      source: "https://docs.ollama.com/api/anthropic-compatibility",
    },
    {
      fact: "Chat templates of many models expect one system message, the first.",
      source: "https://github.com/anthropics/claude-code/issues/77698",
    },
    {
      fact: "Chat templates of Qwen3.8 raise an error for the effort high, and xhigh is turned into it.",
      source: "https://github.com/ollama/ollama/issues/17906",
    },
  ],
});
