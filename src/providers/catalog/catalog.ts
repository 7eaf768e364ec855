/** All catalog entries, in the order in which discovery prefers them. The facts are of November 2026. */
import { anthropic } from "./anthropic.ts";
import { custom } from "./custom.ts";
import { deepseek } from "./deepseek.ts";
import type { CatalogEntry } from "./entry.ts";
import { groq } from "./groq.ts";
import { ollama } from "./ollama.ts";
import { openai } from "./openai.ts";

export const catalog: readonly CatalogEntry[] = [anthropic, openai, groq, deepseek, ollama, custom];

const entries: ReadonlyMap<string, CatalogEntry> = new Map(catalog.map((entry) => [entry.kind, entry]));

/** The entry of that name, null if there is none. */
export function findEntry(kind: string): CatalogEntry | null {
  return entries.get(kind) ?? null;
}
