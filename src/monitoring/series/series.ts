/** Values of one metric, a row per label set: counters, gauges and histograms in typed arrays. */
import type {
  CounterDefinition,
  GaugeDefinition,
  GaugeMerge,
  HistogramDefinition,
  MetricDefinition,
} from "../catalog/metric-definition.ts";
import { mergeValues } from "./merge-values.ts";
import { SeriesTable } from "./series-table.ts";
import type { TableLabel } from "./series-table.ts";

/** A trace that stands for the observations of a bucket. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Unix milliseconds. */
  readonly atMs: number;
}

/** One label set with its values: a single one, or a histogram's buckets (each by itself), then its sum. */
export interface SeriesRow {
  readonly labelText: string;
  readonly values: readonly number[];
  readonly exemplars?: readonly (Exemplar | undefined)[];
}

/** A metric's values at one moment, as they are shown. */
export interface SeriesView {
  readonly definition: MetricDefinition;
  readonly rows: readonly SeriesRow[];
}

/** The ids of a row's labels, in the metric's order. */
export type LabelIds = [number?, number?, number?, number?, number?];

abstract class Series {
  readonly table: SeriesTable;
  protected values: Float64Array = new Float64Array(16);
  /** Values a row takes. */
  protected readonly width: number;

  constructor(labels: readonly TableLabel[], maxRows: number, width: number) {
    this.width = width;
    this.table = new SeriesTable(labels, maxRows, (row) => this.begin(row));
  }

  /** The row of a label set, by its labels' ids in order. */
  row(a = 0, b = 0, c = 0, d = 0, e = 0): number {
    return this.table.rowOf(a, b, c, d, e);
  }

  /** Begins a label set before anything is counted for it, while that takes no room from what is counted. */
  beginAtZero(a = 0, b = 0, c = 0, d = 0, e = 0): void {
    if (!this.table.isHalfFull) this.table.rowOf(a, b, c, d, e);
  }

  /** All rows back to zero; their label sets stay. */
  reset(): void {
    this.values.fill(0);
  }

  protected begin(row: number): void {
    const needed = (row + 1) * this.width;
    if (needed > this.values.length) {
      const grown = new Float64Array(Math.max(needed, this.values.length * 2));
      grown.set(this.values);
      this.values = grown;
    }
    this.values.fill(0, row * this.width, needed);
  }
}

export class CounterSeries extends Series {
  readonly #scale: number;

  constructor({ scale = 1 }: CounterDefinition, labels: readonly TableLabel[], maxRows: number) {
    super(labels, maxRows, 1);
    this.#scale = scale;
  }

  /** Adds `amount` (an integer where the metric has a scale), which may not be negative. */
  add(row: number, amount: number): void {
    this.values[row] = (this.values[row] ?? 0) + amount;
  }

  /** Takes over a total that is counted elsewhere. */
  setTotal(row: number, total: number): void {
    this.values[row] = total;
  }

  rows(): readonly SeriesRow[] {
    const rows: SeriesRow[] = [];
    for (const { row, labelText } of this.table.rows()) {
      rows.push({ labelText, values: [scaled(this.values[row] ?? 0, this.#scale)] });
    }
    return rows;
  }
}

export class GaugeSeries extends Series {
  readonly #merge: GaugeMerge;

  constructor({ merge }: GaugeDefinition, labels: readonly TableLabel[], maxRows: number) {
    super(labels, maxRows, 1);
    this.#merge = merge;
  }

  set(row: number, value: number): void {
    this.values[row] = value;
  }

  /** All rows anew: those that are not listed are 0, and values that share a row are merged as workers' are. */
  setAll(listed: Iterable<readonly [row: number, value: number]>): void {
    this.reset();
    for (const [row, entries] of Map.groupBy(listed, ([row]) => row)) {
      const values = entries.map(([, value]) => value);
      this.set(row, mergeValues(values, this.#merge));
    }
  }

  rows(): readonly SeriesRow[] {
    const rows: SeriesRow[] = [];
    for (const { row, labelText } of this.table.rows()) rows.push({ labelText, values: [this.values[row] ?? 0] });
    return rows;
  }
}

export class HistogramSeries extends Series {
  readonly #bounds: Float64Array;
  readonly #exemplars: (Exemplar | undefined)[] = [];

  constructor({ buckets }: HistogramDefinition, labels: readonly TableLabel[], maxRows: number) {
    super(labels, maxRows, buckets.length + 2);
    this.#bounds = Float64Array.from(buckets);
  }

  /** Counts `value`; an exemplar replaces the one of its bucket. */
  observe(row: number, value: number, exemplar?: Exemplar): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
    const start = row * this.width;
    const values = this.values;
    values[start + bucket] = (values[start + bucket] ?? 0) + 1;
    const sumIndex = start + this.width - 1;
    values[sumIndex] = (values[sumIndex] ?? 0) + value;
    if (exemplar !== undefined) this.#exemplars[start + bucket] = exemplar;
  }

  override reset(): void {
    super.reset();
    this.#exemplars.length = 0;
  }

  rows(): readonly SeriesRow[] {
    const rows: SeriesRow[] = [];
    for (const { row, labelText } of this.table.rows()) {
      const start = row * this.width;
      const end = start + this.width;
      const values = Array.from(this.values.subarray(start, end));
      const exemplars = this.#exemplars.slice(start, end - 1);
      rows.push(exemplars.length === 0 ? { labelText, values } : { labelText, values, exemplars });
    }
    return rows;
  }

  protected override begin(row: number): void {
    super.begin(row);
    // A row may have served another label set before; its traces must not stand for this one.
    this.#exemplars.fill(undefined, row * this.width, (row + 1) * this.width);
  }
}

/** Integers times 1e-9 carry a binary tail (0.30000000000000004); fifteen digits hold all that is known. */
function scaled(value: number, scale: number): number {
  return scale === 1 ? value : Number((value * scale).toPrecision(15));
}
