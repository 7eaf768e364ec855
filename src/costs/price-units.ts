/** Units of prices: people write dollars per million tokens, the program counts pico-dollars a token. */
import type { PicoUsd } from "../core/money.ts";

/** US dollars per million tokens as pico-dollars a token: exact to six decimals, rounded to the nearest beyond. */
export function picoUsdFromUsdPerMillion(usdPerMillion: number): PicoUsd {
  if (!Number.isFinite(usdPerMillion) || usdPerMillion < 0) {
    throw new RangeError(`not a price in US dollars per million tokens: ${usdPerMillion}`);
  }
  return Math.round(usdPerMillion * 1_000_000);
}
