/** The prefix of a conversation that one target's prompt cache holds, and until when. Pure. */
import { hourMs } from "../../core/time/durations.ts";
import { totalInput } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";
import { fiveMinutesMs } from "./prompt-cache-rules.ts";
import type { PromptCacheRules } from "./prompt-cache-rules.ts";

export interface WarmPrefix {
  /** All that is warm until `expiresAtMs`. */
  readonly tokens: number;
  readonly expiresAtMs: number;
  /** The first part of it, marked for an hour. */
  readonly hourTokens: number;
  readonly hourExpiresAtMs: number;
}

export const coldPrefix: WarmPrefix = { tokens: 0, expiresAtMs: 0, hourTokens: 0, hourExpiresAtMs: 0 };

/** Tokens still warm at `atMs`. */
export function warmTokensAt(prefix: WarmPrefix, atMs: number): number {
  if (prefix.expiresAtMs > atMs) return prefix.tokens;
  return prefix.hourExpiresAtMs > atMs ? prefix.hourTokens : 0;
}

/**
 * The prefix after a call with `usage`. A marked cache holds what the call read and wrote; one that fills itself holds
 * the whole prompt. Lives count from the call's start, as providers count them.
 */
export function prefixAfter(before: WarmPrefix, usage: Usage, rules: PromptCacheRules, atMs: number): WarmPrefix {
  if (rules.kind === "automatic") {
    const tokens = totalInput(usage) < rules.minimumTokens ? 0 : totalInput(usage);
    return keepLonger(before, { ...coldPrefix, tokens, expiresAtMs: atMs + rules.ttlMs }, atMs);
  }
  const tokens = usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  const hourBefore = before.hourExpiresAtMs > atMs ? Math.min(before.hourTokens, usage.cacheRead) : 0;
  // Parts marked for an hour stand before those for five minutes: what was read before an hour's part is part of it.
  const hourTokens = usage.cacheWrite1h > 0 ? usage.cacheRead + usage.cacheWrite1h : hourBefore;
  return keepLonger(
    before,
    { tokens, expiresAtMs: atMs + fiveMinutesMs, hourTokens, hourExpiresAtMs: hourTokens > 0 ? atMs + hourMs : 0 },
    atMs,
  );
}

/** A short call in between (a title, a summary) does not evict the long prefix that is still warm. */
function keepLonger(before: WarmPrefix, after: WarmPrefix, atMs: number): WarmPrefix {
  return warmTokensAt(before, atMs) > 2 * after.tokens ? before : after;
}
