/**
 * Metrics as text: the Prometheus text format 0.0.4 and OpenMetrics 1.0.
 * https://prometheus.io/docs/instrumenting/exposition_formats/ and https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
import type { HistogramDefinition, MetricDefinition } from "../catalog/metric-definition.ts";
import type { Exemplar, SeriesRow, SeriesView } from "./series.ts";

export type ExpositionFormat = "text" | "openmetrics";

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** OpenMetrics where an `Accept` header asks for it by name; it is what Prometheus prefers. */
export function chooseFormat(accept: string | undefined): ExpositionFormat {
  return accept !== undefined && /application\/openmetrics-text/i.test(accept) ? "openmetrics" : "text";
}

/** One metric with all its series; the text ends with a line break. */
export function renderMetric(view: SeriesView, format: ExpositionFormat): string {
  const { definition } = view;
  const family = familyName(definition, format);
  const type = definition.type === "unknown" && format === "text" ? "untyped" : definition.type;
  let text = `# HELP ${family} ${escapeHelp(definition.help, format)}\n# TYPE ${family} ${type}\n`;
  if (definition.type === "histogram") {
    for (const row of view.rows) text += renderHistogramRow(definition, row, format);
    return text;
  }
  for (const { labelText, values } of view.rows) {
    text += `${definition.name}${braced(labelText)} ${formatValue(values[0] ?? 0)}\n`;
  }
  return text;
}

/** A number as both formats write it. */
export function formatValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

/** OpenMetrics names a counter's family without `_total`. */
function familyName(definition: MetricDefinition, format: ExpositionFormat): string {
  return format === "openmetrics" && definition.type === "counter"
    ? definition.name.replace(/_total$/, "")
    : definition.name;
}

function renderHistogramRow(definition: HistogramDefinition, row: SeriesRow, format: ExpositionFormat): string {
  const { buckets, name } = definition;
  const start = row.labelText === "" ? `${name}_bucket{le="` : `${name}_bucket{${row.labelText},le="`;
  let count = 0;
  let text = "";
  for (let index = 0; index <= buckets.length; index++) {
    count += row.values[index] ?? 0;
    const bound = buckets[index];
    text += `${start}${bound === undefined ? "+Inf" : String(bound)}"} ${count}`;
    const exemplar = format === "openmetrics" ? row.exemplars?.[index] : undefined;
    text += exemplar === undefined ? "\n" : `${renderExemplar(exemplar)}\n`;
  }
  const labels = braced(row.labelText);
  const sum = row.values[buckets.length + 1] ?? 0;
  return `${text}${name}_sum${labels} ${formatValue(sum)}\n${name}_count${labels} ${count}\n`;
}

function renderExemplar(exemplar: Exemplar): string {
  return ` # {trace_id="${exemplar.traceId}"} ${formatValue(exemplar.value)} ${(exemplar.atMs / 1000).toFixed(3)}`;
}

function braced(labelText: string): string {
  return labelText === "" ? "" : `{${labelText}}`;
}

function escapeHelp(help: string, format: ExpositionFormat): string {
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return format === "openmetrics" ? escaped.replaceAll('"', '\\"') : escaped;
}
