/** Ollama on one's own machine. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const ollama: CatalogEntry = defineEntry({
  kind: "ollama",
  title: "Ollama",
  keyVariables: [],
  isKeyOptional: true,
  root: "http://127.0.0.1:11434",
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "", "openai-chat": "/v1" },
  quirks: [],
});
