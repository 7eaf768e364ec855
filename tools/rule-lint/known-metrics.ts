/** What rules and dashboards may ask about: the router's catalog, the exporters' metrics, and what rules record. */
import { metricCatalog } from "../../src/monitoring/catalog/metric-catalog.ts";
import type { LabelDefinition, MetricDefinition } from "../../src/monitoring/catalog/metric-definition.ts";

export interface KnownMetric {
  readonly type: "counter" | "gauge" | "bucket";
  /** Besides `job` and `instance`. Values: those that there are; null where they are not known beforehand. */
  readonly labels: Readonly<Record<string, readonly string[] | null>>;
  /** Largest finite bound of a histogram. */
  readonly largestBucket?: number;
  /** From 0 to 1, so that "low" means nothing without traffic. */
  readonly isRatio?: boolean;
  /** Recorded by a rule, whose labels are exactly `labels`. */
  readonly isRecorded?: boolean;
}

export type KnownMetrics = ReadonlyMap<string, KnownMetric>;

/** Labels that Prometheus adds to what it scrapes. */
export const targetLabels = ["job", "instance"] as const;

/** Names and labels of redis_exporter 1.46 and node_exporter 1.5 (Debian 12), and of Prometheus itself. */
const exporterMetrics: Readonly<Record<string, KnownMetric>> = {
  up: { type: "gauge", labels: {} },
  redis_up: { type: "gauge", labels: {} },
  redis_memory_used_bytes: { type: "gauge", labels: {} },
  redis_memory_max_bytes: { type: "gauge", labels: {} },
  node_cpu_seconds_total: {
    type: "counter",
    labels: { cpu: null, mode: ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"] },
  },
  node_filesystem_avail_bytes: { type: "gauge", labels: { device: null, fstype: null, mountpoint: null } },
  node_filesystem_size_bytes: { type: "gauge", labels: { device: null, fstype: null, mountpoint: null } },
  node_filesystem_readonly: { type: "gauge", labels: { device: null, fstype: null, mountpoint: null } },
};

/** `recorded`: names that rules record, with the labels that they give. */
export function knownMetrics(recorded: ReadonlyMap<string, readonly string[]>): KnownMetrics {
  const known = new Map<string, KnownMetric>(Object.entries(exporterMetrics));
  for (const metric of metricCatalog) addMetric(known, metric);
  for (const [name, labels] of recorded) {
    known.set(name, {
      type: "gauge",
      isRecorded: true,
      labels: Object.fromEntries(labels.map((label) => [label, null])),
    });
  }
  return known;
}

/** Adds a metric under each name that /metrics shows it by. */
export function addMetric(known: Map<string, KnownMetric>, metric: MetricDefinition): void {
  const labels = Object.fromEntries(metric.labels.map((label) => [label.name, valuesOf(label)]));
  switch (metric.type) {
    case "histogram": {
      const bounds = [...metric.buckets.flatMap((bound) => [String(bound), `${bound}.0`]), "+Inf"];
      const largestBucket = metric.buckets.at(-1)!;
      known.set(`${metric.name}_bucket`, { type: "bucket", labels: { ...labels, le: bounds }, largestBucket });
      known.set(`${metric.name}_sum`, { type: "counter", labels });
      known.set(`${metric.name}_count`, { type: "counter", labels });
      return;
    }
    case "gauge":
      known.set(metric.name, { type: "gauge", labels, isRatio: metric.unit === "ratio" });
      return;
    default:
      known.set(metric.name, { type: "counter", labels });
  }
}

/** Only closed lists can be wrong; what is configured or found cannot. */
function valuesOf({ source }: LabelDefinition): readonly string[] | null {
  return source.kind === "closed" ? source.values : null;
}
