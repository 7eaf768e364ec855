/** LM Studio on one's own machine. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const lmstudio: CatalogEntry = defineEntry({
  kind: "lmstudio",
  title: "LM Studio",
  keyVariables: [],
  isKeyOptional: true,
  root: "http://127.0.0.1:1234",
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "", "openai-chat": "/v1" },
  traits: { hasImageUrls: false, hasMidConversationSystem: false },
  quirks: [
    {
      fact: "Speaks Anthropic's dialect at the root; a key is asked for only where the server is set to.",
      source: "https://lmstudio.ai/docs/developer/anthropic-compat",
    },
    {
      fact: "Its Anthropic endpoint knows the roles user and assistant only.",
      source: "https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1399",
    },
  ],
});
