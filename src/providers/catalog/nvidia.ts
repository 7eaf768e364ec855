/** NVIDIA's API catalog (NIM), and NIM servers of one's own by `baseUrl`. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const nvidia: CatalogEntry = defineEntry({
  kind: "nvidia",
  title: "NVIDIA NIM",
  keyVariables: ["NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"],
  root: "https://integrate.api.nvidia.com",
  dialects: ["openai-chat"],
  paths: { "openai-chat": "/v1" },
  models: [{ name: "nvidia/nemotron-3-super-120b-a12b", contextTokens: null, maxOutputTokens: null }],
  defaultModels: {
    main: "nvidia/nemotron-3-super-120b-a12b",
    small: "nvidia/nemotron-3-super-120b-a12b",
  },
  modelPatterns: ["nvidia/*"],
  traits: { hasImages: false, hasImageUrls: false, reasoningReturn: "reasoning_content" },
  modelTraits: [{ matches: /^mistralai\//, traits: { hasUserAfterTool: false } }],
  quirks: [
    {
      fact: "Mistral's models want the assistant to speak between results of tools and the user, here too.",
      source: "https://github.com/NousResearch/hermes-agent/issues/20154",
    },
    {
      fact: "One address and bearer keys for all hosted models.",
      source: "https://docs.api.nvidia.com/nim/reference/",
    },
    {
      fact: "Names of models carry their maker, NVIDIA's own too.",
      source: "https://docs.docker.com/ai/docker-agent/providers/nvidia/",
    },
  ],
});
