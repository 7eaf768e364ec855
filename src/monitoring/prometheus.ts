/** Between our series and prom-client: registration in its registry, and the text of all that is registered there. */
import type { Metric, Registry } from "prom-client";
import { metricCatalog } from "./catalog/metric-catalog.ts";
import type { MetricDefinition } from "./catalog/metric-definition.ts";
import { formatValue, renderMetric } from "./series/exposition.ts";
import type { ExpositionFormat } from "./series/exposition.ts";
import type { MetricSet } from "./series/metric-set.ts";
import type { SeriesView } from "./series/series.ts";

/** After this long on the event loop, rendering lets others go first. */
const sliceMs = 4;

interface PromValue {
  readonly value: number;
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
}

/** What prom-client's registry asks of a metric that it keeps. */
interface PromMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly PromValue[];
}

/** A metric of ours as the registry knows it. The values stay where the calls count them. */
class RegisteredSeries {
  name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator = "sum";
  readonly #set: MetricSet;
  readonly #definition: MetricDefinition;
  readonly #collect: () => Promise<void>;
  readonly #isFirst: boolean;

  constructor(set: MetricSet, definition: MetricDefinition, collect: () => Promise<void>, isFirst: boolean) {
    this.name = definition.name;
    this.help = definition.help;
    this.type = definition.type === "unknown" ? "untyped" : definition.type;
    this.#set = set;
    this.#definition = definition;
    this.#collect = collect;
    this.#isFirst = isFirst;
  }

  /** Brings all series up to date; the first metric in the registry does it for all. */
  async collect(): Promise<void> {
    if (this.#isFirst) await this.#collect();
  }

  view(): SeriesView {
    return this.#set.view(this.#definition);
  }

  /** For `registry.metrics()` and `registry.getMetricsAsJSON()`, where others call them. */
  async get(): Promise<PromMetric> {
    await this.collect();
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: toPromValues(this.view()) };
  }

  reset(): void {
    if (this.#isFirst) this.#set.reset();
  }
}

/** Registers every metric of the catalog. `collect` brings gauges up to date before they are shown. */
export function registerSeries(registry: Registry, set: MetricSet, collect: () => Promise<void>): void {
  for (const [index, definition] of metricCatalog.entries()) {
    const series = new RegisteredSeries(set, definition, collect, index === 0);
    // The registry uses name, get and reset alone; its declared type lists the methods of its own classes.
    registry.registerMetric(series as unknown as Metric);
  }
}

/** All metrics of a registry as text: ours by our own writer, those of others through prom-client's interface. */
export async function renderRegistry(registry: Registry, format: ExpositionFormat): Promise<string> {
  const metrics = registry.getMetricsAsArray() as unknown as readonly (
    | RegisteredSeries
    | { get(): Promise<PromMetric> }
  )[];
  const parts: string[] = [];
  let sliceStart = performance.now();
  for (const metric of metrics) {
    if (metric instanceof RegisteredSeries) {
      await metric.collect();
      parts.push(renderMetric(metric.view(), format));
    } else {
      parts.push(renderForeign(await metric.get(), format));
    }
    if (performance.now() - sliceStart > sliceMs) {
      await new Promise((resolve) => setImmediate(resolve));
      sliceStart = performance.now();
    }
  }
  if (format === "openmetrics") parts.push("# EOF\n");
  return parts.join("");
}

function toPromValues({ definition, rows }: SeriesView): PromValue[] {
  return rows.flatMap(({ labelText, values }): PromValue[] => {
    const labels = parseLabelText(labelText);
    if (definition.type !== "histogram") return [{ value: values[0] ?? 0, labels }];
    const { name, buckets } = definition;
    let count = 0;
    const counts: PromValue[] = [...buckets, "+Inf"].map((le, index) => {
      count += values[index] ?? 0;
      return { metricName: `${name}_bucket`, value: count, labels: { le, ...labels } };
    });
    const sum = { metricName: `${name}_sum`, value: values[buckets.length + 1] ?? 0, labels };
    return [...counts, sum, { metricName: `${name}_count`, value: count, labels }];
  });
}

function parseLabelText(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  const unescape = (value: string): string =>
    value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, unescape(value)]));
}

function renderForeign(metric: PromMetric, format: ExpositionFormat): string {
  const isCounter = format === "openmetrics" && metric.type === "counter";
  const family = isCounter ? metric.name.replace(/_total$/, "") : metric.name;
  const lines = [`# HELP ${family} ${metric.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`];
  lines.push(`# TYPE ${family} ${metric.type}`);
  for (const { metricName, value, labels } of metric.values) {
    const name = metricName ?? (isCounter ? `${family}_total` : metric.name);
    const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(String(text))}`);
    lines.push(`${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${formatValue(value)}`);
  }
  return `${lines.join("\n")}\n`;
}
