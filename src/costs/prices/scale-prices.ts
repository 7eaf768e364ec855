/** Prices times a factor: discounts, margins, tiers of service. */
import type { PicoUsd } from "../../core/money.ts";
import type { AppliedPrices } from "../../core/record.ts";

/** Prices times `multiplier`, each rounded to whole pico-dollars (nano-dollars for server tools). */
export function scalePrices(prices: AppliedPrices, multiplier: number): AppliedPrices {
  if (multiplier === 1) return prices;
  const scale = (price: PicoUsd): PicoUsd => Math.round(price * multiplier);
  return {
    ...prices,
    uncachedInput: scale(prices.uncachedInput),
    cacheRead: scale(prices.cacheRead),
    cacheWrite5m: scale(prices.cacheWrite5m),
    cacheWrite1h: scale(prices.cacheWrite1h),
    output: scale(prices.output),
    ...(prices.reasoning === undefined ? {} : { reasoning: scale(prices.reasoning) }),
    ...(prices.inputAudio === undefined ? {} : { inputAudio: scale(prices.inputAudio) }),
    ...(prices.outputAudio === undefined ? {} : { outputAudio: scale(prices.outputAudio) }),
    serverToolRequest: scale(prices.serverToolRequest),
  };
}
