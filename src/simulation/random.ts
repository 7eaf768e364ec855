/** Randomness that repeats: the same seed gives the same texts, ids, jitter and failures in every run. */

/** A source of numbers in [0, 1). */
export type Random = () => number;

/** FNV-1a, 32 bits: a seed from a text. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** The mulberry32 generator from `seed`. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of `items`, which must not be empty. */
export function pickOne<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

/** A whole number from `low` to `high`, both included. */
export function pickInteger(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** `length` letters and digits, as providers' ids have them. */
export function pickLetters(random: Random, length: number): string {
  let letters = "";
  for (let index = 0; index < length; index++) letters += alphanumeric[Math.floor(random() * alphanumeric.length)];
  return letters;
}

/** A version 4 UUID. */
export function pickUuid(random: Random): string {
  const digits = (count: number): string => {
    let text = "";
    for (let index = 0; index < count; index++) text += Math.floor(random() * 16).toString(16);
    return text;
  };
  return `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-${digits(12)}`;
}
