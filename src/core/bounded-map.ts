/**
 * A map that forgets the entries set longest ago.
 *
 * Up to half of its size nothing will have to go for long, and an entry that is set again keeps its place: V8 builds a
 * map's table anew every few entries that come and go, which an entry a call would make it do all the time.
 */

export class BoundedMap<Value> {
  readonly #maxEntries: number;
  readonly #entries = new Map<string, Value>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Sets an entry, which becomes the newest. */
  set(key: string, value: Value): void {
    if (this.#entries.size * 2 > this.#maxEntries) this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  values(): IterableIterator<Value> {
    return this.#entries.values();
  }
}
