/** All metrics of the catalog with their series: where the rest of the monitoring writes to and reads from. */
import { metricCatalog } from "../catalog/metric-catalog.ts";
import type { LabelDefinition, LabelValues, MetricDefinition } from "../catalog/metric-definition.ts";
import { createDomain } from "./label-domain.ts";
import type { LabelDomain } from "./label-domain.ts";
import { CounterSeries, GaugeSeries, HistogramSeries } from "./series.ts";
import type { LabelIds, SeriesView } from "./series.ts";
import type { TableLabel } from "./series-table.ts";

type AnySeries = CounterSeries | GaugeSeries | HistogramSeries;

/** Most label sets of one metric. A histogram's label set is up to twenty series. */
const maxCounterRows = 2_000;
const maxUserRows = 400;
const maxHistogramRows = 64;

/** What gives way first when a metric has no room: users, then models, then providers. */
const foldOrder: Readonly<Record<string, number>> = { user_id: 1, model: 2, provider: 3 };

export class MetricSet {
  readonly #series = new Map<string, AnySeries>();
  readonly #domains = new Map<LabelDefinition, LabelDomain>();

  /** `userLimit`: how many users get a label value of their own. */
  constructor(userLimit: number) {
    for (const definition of metricCatalog) {
      for (const label of definition.labels) {
        if (!this.#domains.has(label)) this.#domains.set(label, createDomain(label.source, userLimit));
      }
      const series = this.#create(definition);
      if (series !== null) this.#series.set(definition.name, series);
    }
  }

  series(name: string): AnySeries {
    const series = this.#series.get(name);
    if (series === undefined) throw new RangeError(`the catalog declares no series of its own for ${name}`);
    return series;
  }

  counter(name: string): CounterSeries {
    const series = this.#series.get(name);
    if (series instanceof CounterSeries) return series;
    throw new RangeError(`the catalog declares no counter ${name}`);
  }

  gauge(name: string): GaugeSeries {
    const series = this.#series.get(name);
    if (series instanceof GaugeSeries) return series;
    throw new RangeError(`the catalog declares no gauge ${name}`);
  }

  histogram(name: string): HistogramSeries {
    const series = this.#series.get(name);
    if (series instanceof HistogramSeries) return series;
    throw new RangeError(`the catalog declares no histogram ${name}`);
  }

  /** Adds to a counter's row, given as the ids of its labels in order. */
  count(name: string, amount: number, ...ids: LabelIds): void {
    const series = this.counter(name);
    series.add(series.row(...ids), amount);
  }

  /** Takes over a counter's total that is counted elsewhere. */
  setTotal(name: string, total: number, ...ids: LabelIds): void {
    const series = this.counter(name);
    series.setTotal(series.row(...ids), total);
  }

  setGauge(name: string, value: number, ...ids: LabelIds): void {
    const series = this.gauge(name);
    series.set(series.row(...ids), value);
  }

  /** A gauge as a source lists it now: names without a label of their own share a row. */
  setGauges(name: string, listed: readonly (readonly [LabelValues, value: number])[]): void {
    const series = this.gauge(name);
    series.setAll(listed.map(([labels, value]) => [series.row(...this.idsOf(labels)), value]));
  }

  observe(name: string, value: number, ...ids: LabelIds): void {
    const series = this.histogram(name);
    series.observe(series.row(...ids), value);
  }

  /** The ids of these values, in their order. */
  idsOf(values: LabelValues): LabelIds {
    return values.map(([label, value]) => this.domain(label).idOf(value)) as LabelIds;
  }

  /** The values that a label may take. */
  domain(label: LabelDefinition): LabelDomain {
    const domain = this.#domains.get(label);
    if (domain === undefined) throw new RangeError(`no metric carries the label ${label.name}`);
    return domain;
  }

  /** Label sets kept, a histogram's counted once. */
  get size(): number {
    let size = 0;
    for (const series of this.#series.values()) size += series.table.size;
    return size;
  }

  /** Label sets that were folded for want of room, by metric. */
  *overflows(): Generator<readonly [string, number]> {
    for (const [name, series] of this.#series) {
      if (series.table.overflows > 0) yield [name, series.table.overflows];
    }
  }

  /** Ends every series that carries one of `ids` for `label`. */
  removeWhere(label: LabelDefinition, isGone: (id: number) => boolean): void {
    const domain = this.domain(label);
    for (const { table } of this.#series.values()) {
      const index = table.labels.findIndex((entry) => entry.domain === domain);
      if (index !== -1) table.remove((ids) => isGone(ids[index] ?? 0));
    }
  }

  /** Counters and histograms back to zero. Gauges tell a state, which a reset does not change. */
  reset(): void {
    for (const series of this.#series.values()) if (!(series instanceof GaugeSeries)) series.reset();
  }

  /** One metric's values now, in the catalog's words; `sameAs` metrics show the other's series. */
  view(definition: MetricDefinition): SeriesView {
    const source =
      definition.type === "counter" && definition.sameAs !== undefined ? definition.sameAs : definition.name;
    return { definition, rows: this.#series.get(source)?.rows() ?? [] };
  }

  #create(definition: MetricDefinition): AnySeries | null {
    const labels: TableLabel[] = definition.labels.map((label) => ({
      name: label.name,
      domain: this.domain(label),
      foldOrder: foldOrder[label.name] ?? 0,
    }));
    if (definition.type === "gauge") return new GaugeSeries(definition, labels, maxCounterRows);
    if (definition.type === "histogram") return new HistogramSeries(definition, labels, maxHistogramRows);
    if (definition.sameAs !== undefined) return null;
    const hasUsers = definition.labels.some((label) => label.source.kind === "busiest");
    return new CounterSeries(definition, labels, hasUsers ? maxUserRows : maxCounterRows);
  }
}
