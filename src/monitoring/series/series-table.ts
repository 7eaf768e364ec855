/**
 * The label sets of one metric as row numbers.
 *
 * A row is found by one number made of its labels' ids, so that a count on the call's path costs a map lookup and
 * no string. The number of rows is bounded: past it, labels are folded into `_other`, the most numerous first.
 */
import type { LabelDomain } from "./label-domain.ts";

export interface TableLabel {
  readonly name: string;
  readonly domain: LabelDomain;
  /** The lowest is folded into `_other` first when there is no room; 0: never. */
  readonly foldOrder: number;
}

/** Of label sets without room that are remembered: then each may count once more. */
const foldedLimit = 10_000;

export class SeriesTable {
  readonly labels: readonly TableLabel[];
  /** Label sets that found no room. */
  overflows = 0;
  readonly #maxRows: number;
  readonly #radices: readonly [number, number, number, number];
  readonly #rows = new Map<number, number>();
  /** Label sets that found no room, with the row that counts for them. */
  readonly #folded = new Map<number, number>();
  readonly #ids: (readonly number[] | null)[] = [];
  readonly #texts: string[] = [];
  readonly #free: number[] = [];
  readonly #onRow: (row: number) => void;

  /** `onRow` is told each row that begins, so that its values start at zero. */
  constructor(labels: readonly TableLabel[], maxRows: number, onRow: (row: number) => void) {
    if (labels.length > 5) throw new RangeError(`a metric has at most five labels, not ${labels.length}`);
    this.labels = labels;
    this.#maxRows = maxRows;
    this.#onRow = onRow;
    const [first = 1, second = 1, third = 1, fourth = 1] = labels.map((label) => label.domain.capacity);
    this.#radices = [first, first * second, first * second * third, first * second * third * fourth];
  }

  /** The row of a label set, given as the ids of its labels in order; begins it where it is new. */
  rowOf(a: number, b: number, c: number, d: number, e: number): number {
    const [second, third, fourth, fifth] = this.#radices;
    const key = a + second * b + third * c + fourth * d + fifth * e;
    return (
      this.#rows.get(key) ?? this.#folded.get(key) ?? this.#begin(key, [a, b, c, d, e].slice(0, this.labels.length))
    );
  }

  /** Rows in use, each with its labels as text: `provider="x",model="y"`. */
  *rows(): Generator<{ readonly row: number; readonly labelText: string; readonly ids: readonly number[] }> {
    for (const row of this.#rows.values()) {
      yield { row, labelText: this.#texts[row] ?? "", ids: this.#ids[row] ?? [] };
    }
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Whether half of its rows are in use: the other half is for what happens. */
  get isHalfFull(): boolean {
    return 2 * this.#rows.size >= this.#maxRows;
  }

  /** Ends the rows that `isGone` names by their ids. */
  remove(isGone: (ids: readonly number[]) => boolean): void {
    // There may be room for them now, or their row is among those that end.
    this.#folded.clear();
    for (const [key, row] of this.#rows) {
      if (!isGone(this.#ids[row] ?? [])) continue;
      this.#rows.delete(key);
      this.#ids[row] = null;
      this.#free.push(row);
    }
  }

  #begin(key: number, ids: readonly number[]): number {
    if (this.#rows.size >= this.#maxRows) {
      const folded = this.#fold(ids);
      if (folded !== null) {
        this.overflows++;
        const [a = 0, b = 0, c = 0, d = 0, e = 0] = folded;
        const row = this.rowOf(a, b, c, d, e);
        if (this.#folded.size >= foldedLimit) this.#folded.clear();
        this.#folded.set(key, row);
        return row;
      }
    }
    const row = this.#free.pop() ?? this.#ids.length;
    this.#rows.set(key, row);
    this.#ids[row] = ids;
    this.#texts[row] = this.labels
      .map((label, index) => `${label.name}="${escapeLabelValue(label.domain.valueOf(ids[index] ?? 0))}"`)
      .join(",");
    this.#onRow(row);
    return row;
  }

  /** The same label set with one more label folded; null where only what may not be folded is left. */
  #fold(ids: readonly number[]): readonly number[] | null {
    let chosen = -1;
    for (const [index, label] of this.labels.entries()) {
      if (label.foldOrder === 0 || ids[index] === 0) continue;
      if (chosen === -1 || label.foldOrder < (this.labels[chosen]?.foldOrder ?? 0)) chosen = index;
    }
    return chosen === -1 ? null : ids.with(chosen, 0);
  }
}

function escapeLabelValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
