/** All catalog entries, in the order in which discovery prefers them. The facts are of November 2026. */
import { alibaba } from "./alibaba.ts";
import { anthropic } from "./anthropic.ts";
import { cerebras } from "./cerebras.ts";
import { custom } from "./custom.ts";
import { deepseek } from "./deepseek.ts";
import type { CatalogEntry } from "./entry.ts";
import { fireworks } from "./fireworks.ts";
import { gemini } from "./gemini.ts";
import { githubModels } from "./github-models.ts";
import { groq } from "./groq.ts";
import { llamaCpp } from "./llama-cpp.ts";
import { lmstudio } from "./lmstudio.ts";
import { mistral } from "./mistral.ts";
import { moonshot } from "./moonshot.ts";
import { nvidia } from "./nvidia.ts";
import { ollama } from "./ollama.ts";
import { openai } from "./openai.ts";
import { openrouter } from "./openrouter.ts";
import { together } from "./together.ts";
import { vllm } from "./vllm.ts";
import { xai } from "./xai.ts";
import { zai } from "./zai.ts";

export const catalog: readonly CatalogEntry[] = [
  anthropic,
  openai,
  deepseek,
  gemini,
  moonshot,
  zai,
  alibaba,
  xai,
  mistral,
  groq,
  cerebras,
  fireworks,
  together,
  nvidia,
  openrouter,
  githubModels,
  ollama,
  lmstudio,
  vllm,
  llamaCpp,
  custom,
];

const entries: ReadonlyMap<string, CatalogEntry> = new Map(catalog.map((entry) => [entry.kind, entry]));

/** The entry of that name, null if there is none. */
export function findEntry(kind: string): CatalogEntry | null {
  return entries.get(kind) ?? null;
}
