/**
 * The heaviest names among any number of them, in bounded memory: the space-saving algorithm.
 *
 * A name that is not tracked takes over the lightest place and its weight, so a weight is never too low and too
 * high by at most total / capacity (https://doi.org/10.1007/978-3-540-30570-5_27). Places form a heap by weight.
 */

export interface HeavyName {
  readonly name: string;
  /** At least its true weight. */
  readonly weight: number;
}

interface Place {
  name: string;
  weight: number;
  index: number;
}

export class BusiestNames {
  readonly #capacity: number;
  readonly #places = new Map<string, Place>();
  readonly #heap: Place[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds to the weight of `name`. */
  add(name: string, weight: number): void {
    const known = this.#places.get(name);
    if (known !== undefined) {
      known.weight += weight;
      this.#sink(known);
      return;
    }
    if (this.#heap.length < this.#capacity) {
      const place: Place = { name, weight, index: this.#heap.length };
      this.#places.set(name, place);
      this.#heap.push(place);
      this.#rise(place);
      return;
    }
    const lightest = this.#heap[0];
    if (lightest === undefined) return;
    this.#places.delete(lightest.name);
    lightest.name = name;
    lightest.weight += weight;
    this.#places.set(name, lightest);
    this.#sink(lightest);
  }

  /** The tracked names, the heaviest first. */
  list(): HeavyName[] {
    return this.#heap.map(({ name, weight }) => ({ name, weight })).sort((a, b) => b.weight - a.weight);
  }

  /** Halves all weights: what was long ago counts less. */
  decay(): void {
    for (const place of this.#heap) place.weight /= 2;
  }

  #rise(place: Place): void {
    while (place.index > 0) {
      const parent = this.#heap[(place.index - 1) >> 1];
      if (parent === undefined || parent.weight <= place.weight) return;
      this.#swap(place, parent);
    }
  }

  #sink(place: Place): void {
    for (;;) {
      const left = this.#heap[place.index * 2 + 1];
      const right = this.#heap[place.index * 2 + 2];
      const lighter = right !== undefined && left !== undefined && right.weight < left.weight ? right : left;
      if (lighter === undefined || lighter.weight >= place.weight) return;
      this.#swap(place, lighter);
    }
  }

  #swap(one: Place, other: Place): void {
    const index = one.index;
    one.index = other.index;
    other.index = index;
    this.#heap[one.index] = one;
    this.#heap[other.index] = other;
  }
}
