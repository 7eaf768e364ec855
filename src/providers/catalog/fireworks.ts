/** Fireworks AI, a host of open models under `accounts/fireworks/models/…`. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const fireworks: CatalogEntry = defineEntry({
  kind: "fireworks",
  title: "Fireworks AI",
  keyVariables: ["FIREWORKS_API_KEY"],
  root: "https://api.fireworks.ai/inference",
  regions: { us: "https://us.api.fireworks.ai/inference" },
  dialects: ["anthropic-messages", "openai-chat"],
  paths: { "anthropic-messages": "", "openai-chat": "/v1" },
  models: [
    { name: "accounts/fireworks/models/kimi-k3", contextTokens: 1_040_000, maxOutputTokens: null },
    { name: "accounts/fireworks/models/glm-5p2", contextTokens: 1_040_000, maxOutputTokens: null },
    { name: "accounts/fireworks/models/deepseek-v4-flash", contextTokens: 1_040_000, maxOutputTokens: null },
  ],
  defaultModels: {
    main: "accounts/fireworks/models/kimi-k3",
    small: "accounts/fireworks/models/deepseek-v4-flash",
  },
  modelPatterns: ["accounts/fireworks/*"],
  traits: { reasoningReturn: "reasoning_content" },
  modelTraits: [
    {
      matches: /kimi-k2/,
      traits: { reasoningRequest: { kind: "effort", efforts: ["low", "medium", "high"] } },
    },
    { matches: /glm-5/, traits: { reasoningRequest: { kind: "effort", efforts: ["none", "high", "max"] } } },
  ],
  quirks: [
    {
      fact: "Speaks Anthropic's dialect under /inference, streamed and whole, with a bearer key.",
      source: "https://docs.fireworks.ai/tools-sdks/anthropic-compatibility",
    },
    {
      fact: "The efforts differ by model; reasoning comes and goes back in `reasoning_content`.",
      source: "https://docs.fireworks.ai/guides/reasoning",
    },
    {
      fact: "An account beyond its spending limit is answered with 412.",
      source: "https://docs.fireworks.ai/guides/inference-error-codes",
    },
  ],
});
