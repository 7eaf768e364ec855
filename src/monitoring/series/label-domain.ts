/** The values that a label may take, as small numbers: id 0 is `_other`, whatever is not known. */
import { otherLabel } from "../catalog/metric-definition.ts";
import type { LabelSource } from "../catalog/metric-definition.ts";

export class LabelDomain {
  /** Ids are below this. */
  readonly capacity: number;
  readonly #ids = new Map<string, number>();
  readonly #values: string[] = [otherLabel];
  readonly #free: number[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** The id of `value`, admitted if there is room; else 0. */
  add(value: string): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    if (value === otherLabel) return 0;
    const id = this.#free.pop() ?? this.#values.length;
    if (id >= this.capacity) return 0;
    this.#ids.set(value, id);
    this.#values[id] = value;
    return id;
  }

  /** Gives up all values but these, and answers the ids that became free: their series must end. */
  retain(values: ReadonlySet<string>): ReadonlySet<number> {
    const gone = new Set<number>();
    for (const [value, id] of this.#ids) {
      if (values.has(value)) continue;
      this.#ids.delete(value);
      this.#free.push(id);
      gone.add(id);
    }
    return gone;
  }

  /** The id of `value`, 0 where it was not admitted. */
  idOf(value: string): number {
    return this.#ids.get(value) ?? 0;
  }

  valueOf(id: number): string {
    return this.#values[id] ?? otherLabel;
  }

  /** Gives an id to another value, where a name leaves its place to a new one. */
  replace(id: number, value: string): void {
    this.#ids.delete(this.valueOf(id));
    this.#ids.set(value, id);
    this.#values[id] = value;
  }
}

/** A domain for a label, with the values that are known beforehand. `busiest`: how many users get a value of their own. */
export function createDomain(source: LabelSource, busiest: number): LabelDomain {
  switch (source.kind) {
    case "closed":
      return filled(source.values.length, source.values);
    case "configured":
      return filled(source.limit + source.always.length, source.always);
    case "machine":
      return filled(source.limit, []);
    case "busiest":
      return filled(busiest, []);
  }
}

function filled(limit: number, values: readonly string[]): LabelDomain {
  const domain = new LabelDomain(limit + 1);
  for (const value of values) domain.add(value);
  return domain;
}
