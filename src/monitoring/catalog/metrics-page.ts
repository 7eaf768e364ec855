/** docs/metrics.md, written from the catalog. */
import type { LabelSource, MetricDefinition } from "./metric-definition.ts";
import { metricGroups } from "./metric-catalog.ts";

const intro = `# Metrics

Generated from src/monitoring/catalog; a test keeps the two the same (\`UPDATE=1 npm test -- src/monitoring/catalog/metrics-page.test.ts\` rewrites it).

\`GET /metrics\` shows them in the Prometheus text format, or as OpenMetrics with trace ids as exemplars where the
\`Accept\` header asks for it. Labels never hold what a client can invent: values come from the closed lists below or from
the configuration, everything else is shown as \`_other\`. Series of configured providers and routes exist at zero from the
start, so that \`increase()\` sees their first count. How scores are computed stands in [monitoring.md](monitoring.md).
`;

/** The whole page. */
export function renderMetricsPage(): string {
  const chapters = Object.entries(metricGroups).map(
    ([title, metrics]) => `## ${title}\n\n${metrics.map(renderMetric).join("\n")}`,
  );
  return `${intro}\n${chapters.join("\n")}`;
}

function renderMetric(metric: MetricDefinition): string {
  const lines = [`### \`${metric.name}\``, "", `${metric.type}, ${metric.unit}. ${metric.help}`, "", metric.why, ""];
  for (const label of metric.labels) lines.push(`- \`${label.name}\`: ${renderSource(label.source)}`);
  if (metric.type === "histogram") lines.push(`- buckets: ${metric.buckets.join(", ")}`);
  if (metric.type === "gauge") lines.push(`- several workers: ${metric.merge}`);
  return `${lines.join("\n")}\n`;
}

function renderSource(source: LabelSource): string {
  switch (source.kind) {
    case "closed":
      return `one of ${source.values.map((value) => `\`${value}\``).join(", ")}`;
    case "configured": {
      const always = source.always.length === 0 ? "" : `, besides ${source.always.map((v) => `\`${v}\``).join(", ")}`;
      const learned = source.learned === undefined ? "" : `; ${source.learned}`;
      return `named in the configuration (at most ${source.limit})${always}${learned}`;
    }
    case "busiest":
      return "the biggest spenders, as many as `monitoring.userLabelLimit` says";
    case "machine":
      return `found on the machine (at most ${source.limit})`;
  }
}
