/**
 * How a metric is declared. The catalog's tables hold nothing else, and everything else follows from them: the
 * series in memory, what /metrics shows, docs/metrics.md and the tests that compare the three.
 */

/** Where a label's values come from. A label never holds what a client can invent: the rest becomes `_other`. */
export type LabelSource =
  /** Known when the program is written. */
  | { readonly kind: "closed"; readonly values: readonly string[] }
  /** Named in the configuration; `limit` bounds even that. `learned`: what else is admitted within it, in words. */
  | {
      readonly kind: "configured";
      readonly limit: number;
      readonly always: readonly string[];
      readonly learned?: string;
    }
  /** The busiest ones, as many as `monitoring.userLabelLimit` says. */
  | { readonly kind: "busiest" }
  /** Found on the machine (mounts, versions), never sent by a client. */
  | { readonly kind: "machine"; readonly limit: number };

export interface LabelDefinition {
  readonly name: string;
  readonly source: LabelSource;
}

/** Labels with their values, in the order of a metric's labels: one of its series. */
export type LabelValues = readonly (readonly [LabelDefinition, string])[];

/** How values of a gauge become one: several workers', and those of names that share `_other`. Counters and histograms are added. */
export type GaugeMerge = "sum" | "max" | "min" | "mean";

interface MetricCommon {
  readonly name: string;
  readonly labels: readonly LabelDefinition[];
  /** `seconds`, `bytes`, `USD`, `calls`…: what one is. */
  readonly unit: string;
  readonly help: string;
  /** The question of an operator that it answers. */
  readonly why: string;
}

export interface CounterDefinition extends MetricCommon {
  /** `unknown`: counts up like a counter, under a name that OpenMetrics would rename if it were typed as one. */
  readonly type: "counter" | "unknown";
  /** Values are kept as integers and shown times this (nano-dollars as dollars), so that sums never drift. */
  readonly scale?: number;
  /** Shows the series of this metric under another name too. */
  readonly sameAs?: string;
}

export interface GaugeDefinition extends MetricCommon {
  readonly type: "gauge";
  readonly merge: GaugeMerge;
}

export interface HistogramDefinition extends MetricCommon {
  readonly type: "histogram";
  /** Upper bounds, ascending, without +Inf. */
  readonly buckets: readonly number[];
}

export type MetricDefinition = CounterDefinition | GaugeDefinition | HistogramDefinition;

/** Any value outside a label's domain is shown as this one. */
export const otherLabel = "_other";
