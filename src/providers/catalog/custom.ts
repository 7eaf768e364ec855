/** A server that the catalog does not know: its address and dialect come from the configuration, its traits too. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const custom: CatalogEntry = defineEntry({
  kind: "custom",
  title: "Custom",
  keyVariables: [],
  isKeyOptional: true,
  root: null,
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "", "openai-chat": "/v1" },
});
