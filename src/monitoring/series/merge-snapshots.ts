/** Several workers' metrics as one: counters and histograms added, gauges by the catalog's rule. */
import { metricCatalog } from "../catalog/metric-catalog.ts";
import type { GaugeMerge } from "../catalog/metric-definition.ts";
import { renderMetric } from "./exposition.ts";
import type { ExpositionFormat } from "./exposition.ts";
import { mergeValues } from "./merge-values.ts";
import type { SeriesRow, SeriesView } from "./series.ts";

/** A worker's values as plain data, fit to be sent to another process. */
export type MetricsSnapshot = readonly { readonly name: string; readonly rows: readonly SeriesRow[] }[];

/** The text of all workers' metrics together. */
export function renderMerged(snapshots: readonly MetricsSnapshot[], format: ExpositionFormat): string {
  const text = mergeSnapshots(snapshots)
    .map((view) => renderMetric(view, format))
    .join("");
  return format === "openmetrics" ? `${text}# EOF\n` : text;
}

/** What counters and histograms have counted so far: a counter must not fall when its worker dies. */
export function countsOf(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  return mergeSnapshots(snapshots)
    .filter(({ definition }) => definition.type !== "gauge")
    .map(({ definition: { name }, rows }) => ({ name, rows }));
}

/** One view per metric of the catalog. */
function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): readonly SeriesView[] {
  return metricCatalog.map((definition) => {
    const byLabels = new Map<string, SeriesRow[]>();
    for (const snapshot of snapshots) {
      for (const row of snapshot.find((entry) => entry.name === definition.name)?.rows ?? []) {
        const rows = byLabels.get(row.labelText);
        if (rows === undefined) byLabels.set(row.labelText, [row]);
        else rows.push(row);
      }
    }
    const merge = definition.type === "gauge" ? definition.merge : "sum";
    return { definition, rows: [...byLabels.values()].map((rows) => mergeRows(rows, merge)) };
  });
}

function mergeRows(rows: readonly SeriesRow[], merge: GaugeMerge): SeriesRow {
  const [first] = rows;
  const { labelText = "", values: columns = [] } = first ?? {};
  // JSON carries NaN as null.
  const valuesAt = (index: number): number[] => rows.map((row) => row.values[index] ?? Number.NaN);
  const values = columns.map((_, index) => mergeValues(valuesAt(index), merge));
  const exemplars = columns.map((_, index) => rows.map((row) => row.exemplars?.[index]).find(Boolean));
  return { labelText, values, exemplars };
}
