/** The dashboards' queries by the same lint as the rules: they ask only for what there is, and ask it rightly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { grafanaFiles } from "../../src/alerting/dashboards/grafana/grafana-files.ts";
import { buildOpsFiles } from "../../src/alerting/build-ops-files.ts";
import { configSchema } from "../../src/config/schema.ts";
import { checkExpression } from "../../tools/rule-lint/check-expression.ts";
import { parseExpression } from "../../tools/rule-lint/expression.ts";
import { knownMetrics } from "../../tools/rule-lint/known-metrics.ts";
import type { KnownMetric, KnownMetrics } from "../../tools/rule-lint/known-metrics.ts";
import { readRules, recordedBy } from "../../tools/rule-lint/lint-rules.ts";
import { panelQueries, parseDashboard, replaceVariables, variableQueries } from "./grafana-queries.ts";

const { alerting } = configSchema.parse({});
const dashboards = grafanaFiles(alerting).flatMap(({ path, text }) =>
  path.endsWith(".json") ? [parseDashboard(text)] : [],
);

const alertLabels = ["alertname", "alertstate", "severity", "team", "provider"];

/** What only dashboards ask about: of Prometheus itself and of the exporters. */
const furtherMetrics: Readonly<Record<string, KnownMetric>> = {
  ALERTS: { type: "gauge", labels: Object.fromEntries(alertLabels.map((label) => [label, null])) },
  scrape_duration_seconds: { type: "gauge", labels: {} },
  node_memory_MemAvailable_bytes: { type: "gauge", labels: {} },
  node_memory_MemTotal_bytes: { type: "gauge", labels: {} },
  redis_evicted_keys_total: { type: "counter", labels: {} },
  redis_expired_keys_total: { type: "counter", labels: {} },
};

const recordings = buildOpsFiles({ alerting, timeScale: 1 }).find(({ path }) => path.endsWith("recording_rules.yml"))!;
const known: KnownMetrics = new Map([
  ...knownMetrics(recordedBy(readRules(recordings.text))),
  ...Object.entries(furtherMetrics),
]);

function findingsOf(expression: string): readonly string[] {
  const findings: string[] = [];
  checkExpression(parseExpression(replaceVariables(expression, "5m")), known, (check, text) =>
    findings.push(`${check}: ${text}`),
  );
  return findings;
}

/** What the lint says that is meant so. */
const meant: Readonly<Record<string, RegExp>> = {
  // The very number of folded label sets matters, not its growth.
  "Folded label sets": /^counter-without-rate: ccr_metric_label_overflows_total/,
};

test("no panel names a metric, a label or a label's value that nothing shows, or takes a quantile, rate or ratio wrongly", () => {
  const wrong = dashboards.flatMap(panelQueries).flatMap(({ dashboard, panel, expr }) =>
    findingsOf(expr)
      .filter((finding) => meant[panel]?.test(finding) !== true)
      .map((finding) => `${dashboard}, ${panel}: ${finding}`),
  );
  assert.deepEqual(wrong, []);
});

test("neither does a variable or an annotation", () => {
  for (const dashboard of dashboards) {
    for (const { selector, label } of variableQueries(dashboard)) {
      const name = /^\w+/.exec(selector)?.[0] ?? "";
      const labels = [...Object.keys(known.get(name)?.labels ?? {}), "job", "instance"];
      assert.ok(known.has(name) && labels.includes(label), `${selector}: ${label}`);
    }
    for (const { expr } of dashboard.annotations.list) {
      if (expr !== undefined) assert.deepEqual(findingsOf(expr), [], expr);
    }
  }
});

test("the lint sees what dashboards are often wrong in", () => {
  assert.deepEqual(findingsOf('rate(ccr_requests_total{status="500"}[5m])'), [
    "unknown-label: ccr_requests_total has no label status",
  ]);
  assert.match(findingsOf("histogram_quantile(0.5, rate(ccr_request_duration_seconds_bucket[5m]))").join(), /quantile/);
  assert.match(findingsOf("ccr_made_up_total").join(), /unknown-metric/);
});
