/**
 * The prices of all that a call used: those of its target, and of each further model that the provider called for it.
 *
 * A further model costs what it does at the same provider, in the same tier of service; one without a known price costs
 * what any unknown model does.
 */
import type { AppliedPrices } from "../../core/record.ts";
import type { Target } from "../../core/target.ts";
import { ownUsage, promptLength } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";
import type { PriceBook } from "./price-book.ts";

/** The prices for `usage` of a call to `target` that started at `atMs`. */
export function pricesOfUsage(
  { pricesFor }: Pick<PriceBook, "pricesFor">,
  { target, atMs, usage, serviceTier = null }: PricedCall,
): AppliedPrices {
  const pricesOf = (model: string, used: Usage): AppliedPrices =>
    pricesFor({ provider: target.provider, model }, atMs, promptLength(used), serviceTier);
  const { furtherModels } = usage;
  if (furtherModels === undefined) return pricesFor(target, atMs, promptLength(usage), serviceTier);
  return {
    ...pricesOf(target.model, ownUsage(usage)),
    furtherModels: furtherModels.map(({ model, usage: used }) => ({ model, prices: pricesOf(model, used) })),
  };
}

export interface PricedCall {
  readonly target: Target;
  readonly atMs: number;
  readonly usage: Usage;
  readonly serviceTier?: string | null | undefined;
}
