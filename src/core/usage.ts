/**
 * Usage: the token counts of one attempt, each kind counted once.
 *
 * Dialects count differently (OpenAI's prompt count holds its cached tokens, Anthropic's does not), so every
 * dialect maps its own counts to these, and prices are applied to these alone.
 */

export interface Usage {
  /** Input tokens neither read from nor written to the provider's prompt cache. */
  readonly uncachedInput: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  /** All tokens billed as output, reasoning among them. */
  readonly output: number;
  /** The part of `output` spent on reasoning; 0 where the provider does not say. */
  readonly reasoning: number;
  /** Requests to tools that the provider runs itself and bills apart (web search). */
  readonly serverToolRequests: number;
  /** The part of `uncachedInput` that was audio, which may have a price of its own; absent where none was told. */
  readonly inputAudio?: number;
  /** The part of `output` that was audio, none of it reasoning; likewise. */
  readonly outputAudio?: number;
  /** What of these counts further models used, which the provider called on its own account; absent where none did. */
  readonly furtherModels?: readonly FurtherModelUsage[];
  /** Tokens of the model's longest prompt, where the provider asked it several times in one call; absent: one prompt. */
  readonly longestPrompt?: number;
}

/** What a further model used, each model once. Requests to tools are none of its own. */
export interface FurtherModelUsage {
  /** As the provider names it. */
  readonly model: string;
  readonly usage: Usage;
}

export const zeroUsage: Usage = {
  uncachedInput: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  serverToolRequests: 0,
};

/** All input tokens of a usage, cached or not. */
export function totalInput(usage: Usage): number {
  return usage.uncachedInput + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
}

/** How long the prompt was that a usage is priced by: the longest of several. */
export function promptLength(usage: Usage): number {
  return usage.longestPrompt ?? totalInput(usage);
}

/** What of a usage the model that was asked used itself: all of it, but what further models did. */
export function ownUsage(usage: Usage): Usage {
  const { furtherModels } = usage;
  if (furtherModels === undefined) return usage;
  const own = furtherModels.reduce((rest, { usage: used }) => without(rest, used), usage);
  return usage.longestPrompt === undefined ? own : { ...own, longestPrompt: usage.longestPrompt };
}

function without(all: Usage, used: Usage): Usage {
  const output = Math.max(0, all.output - used.output);
  return {
    uncachedInput: Math.max(0, all.uncachedInput - used.uncachedInput),
    cacheRead: Math.max(0, all.cacheRead - used.cacheRead),
    cacheWrite5m: Math.max(0, all.cacheWrite5m - used.cacheWrite5m),
    cacheWrite1h: Math.max(0, all.cacheWrite1h - used.cacheWrite1h),
    output,
    reasoning: Math.min(output, Math.max(0, all.reasoning - used.reasoning)),
    serverToolRequests: all.serverToolRequests,
  };
}

/** Ten times the longest context there is: what a provider counts beyond is a defect, for which nobody may be charged. */
const mostTokens = 100_000_000;

/** A count of tokens as a provider sent it, also one in digits: a whole number from 0 up; 0 for what is none. */
export function toTokenCount(value: unknown): number {
  return toCount(value, mostTokens);
}

/** More requests to a provider's own tools than any call makes; each may cost a cent. */
const mostToolRequests = 10_000;

/** A count of requests to tools that the provider runs itself, read like one of tokens. */
export function toToolRequestCount(value: unknown): number {
  return toCount(value, mostToolRequests);
}

function toCount(value: unknown, most: number): number {
  const count = typeof value === "string" && digits.test(value) ? Number(value) : value;
  return typeof count === "number" && count > 0 && count <= most ? Math.round(count) : 0;
}

const digits = /^\d{1,9}$/;
