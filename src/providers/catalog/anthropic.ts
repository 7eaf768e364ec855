/** Anthropic, whose dialect is Claude Code's own: requests and answers pass untouched. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const anthropic: CatalogEntry = defineEntry({
  kind: "anthropic",
  title: "Anthropic",
  keyVariables: ["ANTHROPIC_API_KEY"],
  auth: "x-api-key",
  root: "https://api.anthropic.com",
  dialects: ["anthropic-messages"],
  paths: { "anthropic-messages": "" },
  hasCountTokens: true,
  modelList: "anthropic-messages",
  models: [
    { name: "claude-opus-5-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "claude-sonnet-5-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "claude-haiku-5-5", contextTokens: 1_000_000, maxOutputTokens: 64_000 },
    { name: "claude-opus-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "claude-sonnet-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "claude-haiku-4-5", contextTokens: 200_000, maxOutputTokens: 64_000 },
  ],
  defaultModels: { main: "claude-opus-5-5", small: "claude-haiku-5-5" },
  modelPatterns: ["claude-*"],
  traits: { hasFiles: true },
  quirks: [
    {
      fact: "Every request names the version of the dialect; 2023-06-01 is the only one in use.",
      source: "https://docs.anthropic.com/en/api/versioning",
    },
  ],
});
