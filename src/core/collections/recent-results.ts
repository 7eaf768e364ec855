/**
 * What was made of values that come again and again: made once for each of those that look alike, the last ones kept.
 *
 * Calls of a session have most of their account in common. Its texts, written anew for each, are a good part of what a
 * call costs (docs/performance.md).
 */
import { BoundedMap } from "./bounded-map.ts";

const maxKeys = 256;
const maxEach = 8;

export interface RecentResultsOptions<Value, Result> {
  /** Values with one result have one key; few with one key have others. */
  readonly keyOf: (value: Value) => string;
  /** Whether one result does for both values, none of which will change. */
  readonly isSame: (one: Value, other: Value) => boolean;
  readonly make: (value: Value) => Result;
}

interface Kept<Value, Result> {
  readonly value: Value;
  readonly result: Result;
}

export class RecentResults<Value, Result> {
  readonly #options: RecentResultsOptions<Value, Result>;
  readonly #kept = new BoundedMap<Kept<Value, Result>[]>(maxKeys);

  constructor(options: RecentResultsOptions<Value, Result>) {
    this.#options = options;
  }

  of(value: Value): Result {
    const { keyOf, isSame, make } = this.#options;
    const key = keyOf(value);
    const alike = this.#kept.get(key);
    if (alike !== undefined) for (const kept of alike) if (isSame(kept.value, value)) return kept.result;
    const kept = { value, result: make(value) };
    if (alike === undefined) this.#kept.set(key, [kept]);
    else if (alike.unshift(kept) > maxEach) alike.pop();
    return kept.result;
  }
}
