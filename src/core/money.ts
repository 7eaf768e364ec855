/**
 * Money: integer nano-dollars, so that sums never drift. US dollars exist only at the edges.
 *
 * A safe integer holds 9,007,199 dollars; sums that may pass it (an organisation's years) are kept by the
 * ledger as 64-bit integers. Prices are integer pico-dollars a token: 3 USD per million tokens is 3,000,000,
 * and six decimals of a dollar per million stay exact.
 */

export type NanoUsd = number;
export type PicoUsd = number;

const nanoPerUsd: NanoUsd = 1_000_000_000;
export const nanoPerCent: NanoUsd = 10_000_000;
export const picoPerNano = 1_000;

/** US dollars as nano-dollars, rounded to the nearest. Throws RangeError on what is not finite. */
export function nanoUsdFromUsd(usd: number): NanoUsd {
  if (!Number.isFinite(usd)) throw new RangeError(`not an amount in US dollars: ${usd}`);
  return Math.round(usd * nanoPerUsd);
}

/** US dollars per million tokens as pico-dollars a token: exact to six decimals, rounded to the nearest beyond. Throws RangeError. */
export function picoUsdFromUsdPerMillion(usdPerMillion: number): PicoUsd {
  if (!Number.isFinite(usdPerMillion) || usdPerMillion < 0) {
    throw new RangeError(`not a price in US dollars per million tokens: ${usdPerMillion}`);
  }
  return Math.round(usdPerMillion * 1_000_000);
}

/** Nano-dollars as US dollars, for people and for JSON that promises dollars. */
export function usdFromNanoUsd(nanoUsd: NanoUsd): number {
  return nanoUsd / nanoPerUsd;
}

/** A sum of the ledger as US dollars: exact up to 9 million, to 16 digits beyond. */
export function usdFromSum(nanoUsd: bigint): number {
  return usdFromNanoUsd(Number(nanoUsd));
}

/** `$12.34`, and below a cent as many digits as carry meaning: `$0.000123`. */
export function formatUsd(nanoUsd: NanoUsd): string {
  const usd = usdFromNanoUsd(nanoUsd);
  if (usd !== 0 && Math.abs(usd) < 0.01) return `$${Number(usd.toPrecision(3)).toFixed(9).replace(/0+$/, "")}`;
  return `$${usd.toFixed(2)}`;
}
