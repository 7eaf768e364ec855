/**
 * A bag: things come and go, in no order, each in constant time and without a hash table.
 *
 * V8's Sets and Maps make a new table every few entries that come and go, and each old table keeps its successor and
 * its own entries reachable: with one entry a call, dead calls survived collections until a full one (measured: a
 * quarter of everything allocated, 20 µs of garbage collection a call). An array has no such memory.
 */

/** Its place in the bag; the bag's to write. */
export interface BagItem {
  slot: number;
}

/** An item is in one bag at a time, and in it once: its `slot` says where. */
export class Bag<Item extends BagItem> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    item.slot = this.#items.length;
    this.#items.push(item);
  }

  /** Takes out an item; one that is not in the bag (any more) is left alone. */
  delete(item: Item): void {
    if (this.#items[item.slot] !== item) return;
    const last = this.#items.pop()!;
    if (last !== item) {
      this.#items[item.slot] = last;
      last.slot = item.slot;
    }
    item.slot = -1;
  }

  /** What is in it now: later changes do not show. */
  list(): readonly Item[] {
    return [...this.#items];
  }

  forEach(visit: (item: Item) => void): void {
    // From the end: an item that leaves while it is visited puts one in its place that was visited before.
    for (let index = this.#items.length - 1; index >= 0; index--) {
      const item = this.#items[index];
      if (item !== undefined) visit(item);
    }
  }
}
