/**
 * A price schedule: what one model costs, by date, time of day and length of the prompt.
 *
 * Pure values. Where they come from is the business of the catalog and the configuration.
 */
import { dayMs } from "../../core/time/durations.ts";
import type { AppliedPrices } from "../../core/record.ts";

/** When an entry holds. Times of day are milliseconds after UTC midnight; `untilMs` below `fromMs` passes midnight. */
export type PriceValidity =
  | { readonly kind: "always" }
  | { readonly kind: "from"; readonly atMs: number }
  | { readonly kind: "daily"; readonly fromMs: number; readonly untilMs: number };

/** Prices for prompts of more than `aboveContextTokens` tokens; all tokens of the call are billed at them. */
export interface PriceTier {
  readonly aboveContextTokens: number;
  readonly prices: AppliedPrices;
}

export interface PriceEntry {
  readonly validity: PriceValidity;
  /** By rising `aboveContextTokens`; the first is the base, at -1. */
  readonly tiers: readonly PriceTier[];
}

/** Entries in the order of the list: the last one that holds wins; where none does, the first. */
export type PriceSchedule = readonly [PriceEntry, ...PriceEntry[]];

/** The prices that hold at `atMs` (Unix milliseconds) for a prompt of `contextTokens`. */
export function pricesAt(schedule: PriceSchedule, atMs: number, contextTokens: number): AppliedPrices {
  const entry = schedule.findLast(({ validity }) => holdsAt(validity, atMs)) ?? schedule[0];
  const prices = entry.tiers.findLast((tier) => contextTokens > tier.aboveContextTokens)?.prices;
  if (prices === undefined) throw new RangeError("a price entry needs a base tier");
  return prices;
}

function holdsAt(validity: PriceValidity, atMs: number): boolean {
  if (validity.kind === "always") return true;
  if (validity.kind === "from") return atMs >= validity.atMs;
  const timeMs = ((atMs % dayMs) + dayMs) % dayMs;
  const { fromMs, untilMs } = validity;
  if (untilMs < fromMs) return timeMs >= fromMs || timeMs < untilMs;
  return timeMs >= fromMs && timeMs < untilMs;
}
