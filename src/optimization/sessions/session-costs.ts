/**
 * What the next call of a conversation costs at a target, and what its expected rest costs there. Pure.
 *
 * The next call reads what is warm at the target now and pays the rest as written to the cache; later calls find the
 * prefix warm, except after a pause longer than the cache holds.
 */
import { hourMs } from "../../core/time/durations.ts";
import type { NanoUsd } from "../../core/money.ts";
import { picoPerNano } from "../../core/money.ts";
import type { AppliedPrices } from "../../core/record.ts";
import { fiveMinutesMs } from "./prompt-cache-rules.ts";
import type { PromptCacheRules } from "./prompt-cache-rules.ts";

/** Expectations that hold wherever the conversation goes on. */
export interface ConversationForecast {
  /** Calls expected after the next one. */
  readonly restTurns: number;
  readonly growthTokens: number;
  readonly outputTokens: number;
}

/** One target, seen from the conversation. */
export interface TargetOutlook {
  /** Input tokens of the next call, as this target counts them. */
  readonly inputTokens: number;
  /** Those of them that its cache holds now. */
  readonly warmTokens: number;
  /** Share of what should be warm that it really reads. */
  readonly reuse: number;
  /** Whether new parts of the prompt are written for an hour (else for five minutes). */
  readonly writesForAnHour: boolean;
  /** Expected share of gaps longer than its cache holds. */
  readonly pauseShare: number;
  /** Prices of the next call, and of one in the middle of the rest (longer prompts may be another tier). */
  readonly prices: AppliedPrices;
  readonly restPrices: AppliedPrices;
}

export interface SessionCost {
  readonly nextNanoUsd: NanoUsd;
  /** All calls of the expected rest together. */
  readonly restNanoUsd: NanoUsd;
}

/** From the next call on. */
export function totalOf({ nextNanoUsd, restNanoUsd }: SessionCost): NanoUsd {
  return nextNanoUsd + restNanoUsd;
}

/** How long new parts of the prompt stay warm. */
export function ttlOf(rules: PromptCacheRules, writesForAnHour: boolean): number {
  if (rules.kind === "automatic") return rules.ttlMs;
  return writesForAnHour ? hourMs : fiveMinutesMs;
}

/** Input tokens of the call in the middle of the rest. */
export function middleTokens(inputTokens: number, forecast: ConversationForecast): number {
  return inputTokens + (forecast.growthTokens * (forecast.restTurns + 1)) / 2;
}

/** The costs of the conversation at one target. */
export function sessionCostAt(outlook: TargetOutlook, forecast: ConversationForecast): SessionCost {
  const { inputTokens, prices, restPrices } = outlook;
  const { restTurns, growthTokens, outputTokens } = forecast;
  const read = Math.min(outlook.warmTokens, inputTokens) * outlook.reuse;
  const next = inputPico(read, inputTokens, prices, outlook.writesForAnHour) + outputTokens * prices.output;
  const middle = middleTokens(inputTokens, forecast);
  const warm = Math.max(0, middle - growthTokens) * outlook.reuse * (1 - outlook.pauseShare);
  const each = inputPico(warm, middle, restPrices, outlook.writesForAnHour) + outputTokens * restPrices.output;
  return {
    nextNanoUsd: Math.round(next / picoPerNano),
    restNanoUsd: Math.round((each * restTurns) / picoPerNano),
  };
}

/** What is not read is paid as written: a provider without a price for that charges fresh input. */
function inputPico(read: number, total: number, prices: AppliedPrices, forAnHour: boolean): number {
  return read * prices.cacheRead + (total - read) * (forAnHour ? prices.cacheWrite1h : prices.cacheWrite5m);
}
