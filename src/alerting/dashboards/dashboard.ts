/**
 * How a dashboard is declared: rows of panels with their queries, as plain values. The room `grafana` makes Grafana's JSON of
 * them, and the tests read that JSON, so nothing here knows Grafana but the names of its units.
 */
import type { AlertThresholds } from "../../config/schema.ts";
import type { DashboardName } from "../dashboard-names.ts";

/** `expr` is PromQL with Grafana's variables; `legend` names a line by labels, as in `{{provider}}`. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** From this value on (or from where an alert begins) a panel shows the colour; below the first step it is green. */
export interface Threshold {
  readonly from: number | keyof AlertThresholds;
  readonly color: "yellow" | "red" | "green";
}

interface PanelCommon {
  readonly title: string;
  /** What it shows, and what to think of it: one or two sentences for whoever is woken up by it. */
  readonly description: string;
  /** Grafana's id of the unit: `s`, `bytes`, `percentunit`, `currencyUSD`, or `suffix: calls`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of 24 columns. */
  readonly width: number;
  /** Alerts that speak of the same thing: their runbooks are linked. */
  readonly alerts?: readonly string[];
  readonly thresholds?: readonly Threshold[];
  readonly min?: number;
  readonly max?: number;
  readonly decimals?: number;
  /** Shown where there is no data: idle is no fault. */
  readonly whenEmpty?: string;
}

export interface TimeSeriesPanel extends PanelCommon {
  readonly kind: "time-series";
  /** Parts of a whole, on top of each other. */
  readonly isStacked?: boolean;
  /** Shows exemplars: from a slow bucket to the trace. */
  readonly hasExemplars?: boolean;
}

/** One figure, of now. */
export interface StatPanel extends PanelCommon {
  readonly kind: "stat";
  /** Words in place of values. */
  readonly words?: Readonly<Record<string, string>>;
}

/** Lines of now; the value's column gets `valueName`. Labels not in `columns` are left out. */
export interface TablePanel extends PanelCommon {
  readonly kind: "table";
  readonly columns: Readonly<Record<string, string>>;
  readonly valueName: string;
}

/** A histogram's buckets over time. */
export interface HeatmapPanel extends PanelCommon {
  readonly kind: "heatmap";
}

/** One bar for each series, of now. */
export interface BarsPanel extends PanelCommon {
  readonly kind: "bars";
}

/** States over time, each value in its word and colour. */
export interface StatesPanel extends PanelCommon {
  readonly kind: "states";
  readonly states: Readonly<Record<string, { readonly word: string; readonly color: Threshold["color"] }>>;
}

export type Panel = TimeSeriesPanel | StatPanel | TablePanel | HeatmapPanel | BarsPanel | StatesPanel;

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Choices at the top of a dashboard, besides the data source, the job and the instance, which all have. */
export type VariableName = "provider" | "route" | "user";

export interface Dashboard {
  /** For ever: links and alerts name it. */
  readonly name: DashboardName;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly VariableName[];
  readonly rows: readonly Row[];
}
