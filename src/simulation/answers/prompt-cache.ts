/**
 * A provider's prompt cache: which prefixes of prompts it remembers, and for how long.
 *
 * Explicit, as Anthropic's: entries end where the client set a mark, are read if a later prompt begins with the same
 * blocks, and live five minutes or an hour from their last use
 * (https://docs.claude.com/en/docs/build-with-claude/prompt-caching). Automatic, as OpenAI's and DeepSeek's: every
 * message boundary is remembered, and the longest known prefix counts in whole steps
 * (https://platform.openai.com/docs/guides/prompt-caching, https://api-docs.deepseek.com/guides/kv_cache).
 */
import { hash } from "node:crypto";
import type { Clock } from "../../core/time/clock.ts";
import type { PromptSegment } from "./prompt.ts";
import { countTokens, templateTokens } from "./tokens.ts";

export interface CachedInput {
  readonly uncached: number;
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
}

export interface AutomaticCacheRules {
  readonly minimumTokens: number;
  readonly stepTokens: number;
}

const minutesMs = 60_000;
const lifeMs = { "5m": 5 * minutesMs, "1h": 60 * minutesMs } as const;
/** Shorter prefixes are not cached. Real models ask for 512 to 4,096 tokens. */
const minimumMarkedTokens = 1024;
/** Blocks before a mark that are looked at for an older entry. */
const lookback = 20;
const maxEntries = 50_000;

interface Entry {
  readonly lifeMs: number;
  expiresMs: number;
}

interface Prefix {
  readonly key: string;
  readonly tokens: number;
  readonly cacheTtl: PromptSegment["cacheTtl"];
}

/** Empty at first; its entries age by the clock. */
export class PromptCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Input tokens of a prompt with explicit marks; remembers what it marks. */
  readMarked(model: string, segments: readonly PromptSegment[]): CachedInput {
    const prefixes = toPrefixes(model, segments);
    const total = prefixes.at(-1)?.tokens ?? 0;
    const marks = prefixes.flatMap((prefix, index) => (prefix.cacheTtl === null ? [] : [index]));
    let readAt = -1;
    for (let index = marks.at(-1) ?? -1; index >= 0 && readAt === -1; index--) {
      const isNearMark = marks.some((mark) => index <= mark && index > mark - lookback);
      if (isNearMark && this.#isKnown(prefixes[index]?.key ?? "")) readAt = index;
    }
    const read = prefixes[readAt]?.tokens ?? 0;
    let reached = read;
    const written = { "5m": 0, "1h": 0 };
    for (const mark of marks) {
      const prefix = prefixes[mark];
      if (prefix === undefined || prefix.cacheTtl === null) continue;
      if (mark <= readAt || prefix.tokens < minimumMarkedTokens) continue;
      this.#remember(prefix.key, lifeMs[prefix.cacheTtl]);
      written[prefix.cacheTtl] += prefix.tokens - reached;
      reached = prefix.tokens;
    }
    return { uncached: total - reached + templateTokens, read, write5m: written["5m"], write1h: written["1h"] };
  }

  /** Input tokens of a prompt that is cached by itself; remembers all of it. */
  readAutomatic(model: string, segments: readonly PromptSegment[], rules: AutomaticCacheRules): CachedInput {
    const prefixes = toPrefixes(model, segments);
    const total = prefixes.at(-1)?.tokens ?? 0;
    let known = 0;
    for (const prefix of prefixes) {
      if (this.#isKnown(prefix.key)) known = prefix.tokens;
      else this.#remember(prefix.key, lifeMs["5m"]);
    }
    const inSteps = Math.floor(known / rules.stepTokens) * rules.stepTokens;
    const read = inSteps < rules.minimumTokens ? 0 : inSteps;
    return { uncached: total - read + templateTokens, read, write5m: 0, write1h: 0 };
  }

  clear(): void {
    this.#entries.clear();
  }

  #isKnown(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    const now = this.#clock.nowMs();
    if (entry.expiresMs <= now) {
      this.#entries.delete(key);
      return false;
    }
    entry.expiresMs = now + entry.lifeMs;
    return true;
  }

  #remember(key: string, life: number): void {
    if (this.#entries.size >= maxEntries) this.#entries.delete(this.#entries.keys().next().value ?? "");
    this.#entries.set(key, { lifeMs: life, expiresMs: this.#clock.nowMs() + life });
  }
}

function toPrefixes(model: string, segments: readonly PromptSegment[]): Prefix[] {
  let key = model;
  let tokens = 0;
  return segments.map((segment) => {
    key = hash("sha1", `${key}\n${segment.text}`, "base64");
    tokens += countTokens(segment.text);
    return { key, tokens, cacheTtl: segment.cacheTtl };
  });
}
