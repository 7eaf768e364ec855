/**
 * How a target's prompt cache works: whether the client's marks fill it or it fills itself, and how long it holds.
 *
 * What a record shows counts for more than this table: `session-caches.ts` learns how much of a prompt each target
 * really reads again.
 */

export type PromptCacheRules =
  /**
   * Filled where the request sets marks, for five minutes or an hour from the last use, both told apart by usage
   * (https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
   */
  | { readonly kind: "marked" }
  /** Filled by itself with every prompt of `minimumTokens`; holds for `ttlMs` after the last use. */
  | { readonly kind: "automatic"; readonly ttlMs: number; readonly minimumTokens: number };

const minuteMs = 60_000;
export const fiveMinutesMs: number = 5 * minuteMs;

const marked: PromptCacheRules = { kind: "marked" };

/** Where a provider states no time (Gemini, xAI, …): the shortest that any states. */
const unstated: PromptCacheRules = { kind: "automatic", ttlMs: fiveMinutesMs, minimumTokens: 1024 };

const byKind: Readonly<Record<string, PromptCacheRules>> = {
  // "5 to 10 minutes of inactivity", from 1,024 tokens on: https://platform.openai.com/docs/guides/prompt-caching
  openai: { kind: "automatic", ttlMs: 10 * minuteMs, minimumTokens: 1024 },
  // "after 2 hours without use": https://console.groq.com/docs/prompt-caching
  groq: { kind: "automatic", ttlMs: 120 * minuteMs, minimumTokens: 256 },
  // on disk, "a few hours to a few days": https://api-docs.deepseek.com/guides/kv_cache
  deepseek: { kind: "automatic", ttlMs: 120 * minuteMs, minimumTokens: 64 },
  // from 4,096 tokens on, no time stated: https://ai.google.dev/gemini-api/docs/caching
  gemini: { kind: "automatic", ttlMs: fiveMinutesMs, minimumTokens: 4096 },
};

/** Rules of `model` at a provider of that catalog kind. Claude models are marked wherever they are served. */
export function promptCacheRulesOf(providerKind: string, model: string): PromptCacheRules {
  if (providerKind === "anthropic" || model.includes("claude")) return marked;
  return byKind[providerKind] ?? unstated;
}
