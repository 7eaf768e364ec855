import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { buildOpsFiles } from "../../src/alerting/build-ops-files.ts";
import { configSchema } from "../../src/config/schema.ts";
import type { Check } from "../../tools/rule-lint/finding.ts";
import { addMetric, knownMetrics } from "../../tools/rule-lint/known-metrics.ts";
import type { KnownMetric } from "../../tools/rule-lint/known-metrics.ts";
import { lintRules, readRules, recordedBy } from "../../tools/rule-lint/lint-rules.ts";
import type { Rule } from "../../tools/rule-lint/lint-rules.ts";
import { metricCatalog } from "../../src/monitoring/catalog/metric-catalog.ts";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

function ownRules(timeScale = 1): readonly Rule[] {
  const { alerting } = configSchema.parse({});
  return buildOpsFiles({ alerting, timeScale })
    .filter(({ path }) => path.endsWith("_rules.yml"))
    .flatMap(({ text }) => readRules(text));
}

test("the lint finds nothing in our own rules, whatever the time scale", () => {
  for (const scale of [1, 30]) {
    const rules = ownRules(scale);
    assert.ok(rules.length > 80);
    assert.deepEqual(lintRules(rules, knownMetrics(recordedBy(rules))), []);
  }
});

test("it finds the defects of the guide's rules in the guide's own file", () => {
  const guide = readRules(read("testdata/guide/alert_rules.yml"));
  const known = new Map<string, KnownMetric>(knownMetrics(new Map()));
  // With the buckets that the guide gives the histogram.
  const duration = metricCatalog.find(({ name }) => name === "ccr_request_duration_seconds");
  assert.ok(duration?.type === "histogram");
  addMetric(known, { ...duration, buckets: duration.buckets.filter((bound) => bound <= 10) });
  const findings = lintRules(guide, known);
  const expected: readonly (readonly [rule: string, check: Check])[] = [
    ["MemoryLeak", "unknown-template-function"],
    ["HighMemoryUsage", "labels-cannot-match"],
    ["VeryHighLatency", "beyond-largest-bucket"],
    ["MemoryLeak", "rate-of-gauge"],
    ["HighErrorRate", "rate-of-single-series"],
    ["HighLatency", "quantile-without-le"],
    ["VeryHighLatency", "quantile-without-le"],
    ["ProviderHighLatency", "quantile-without-le"],
    ["HighCostBurn", "rate-of-single-series"],
    ["LowCacheHitRate", "ratio-without-guard"],
    ["RedisHighMemory", "division-by-zero"],
    ["ServiceDown", "no-absent-companion"],
    ["ProviderDown", "no-absent-companion"],
    ["RedisDown", "no-absent-companion"],
    ["HighCpuUsage", "instant-rate"],
    ["DiskSpaceLow", "unfiltered-file-systems"],
    ["", "no-watchdog"],
    ...guide.map(({ alert = "" }) => [alert, "missing-annotation"] as const),
  ];
  for (const [rule, check] of expected) {
    assert.ok(
      findings.some((finding) => finding.rule === rule && finding.check === check),
      `${rule}: ${check}`,
    );
  }
});

const watchdog: Rule = { alert: "Watchdog", expr: "vector(1)", labels: labelsOf("none"), annotations: textsOf("") };

function labelsOf(severity: string): Record<string, string> {
  return { severity, team: "gateway" };
}

function textsOf(description: string): Record<string, string> {
  return { summary: "s", description, runbook_url: "r", dashboard_url: "d" };
}

/** What the lint says of an alert with this expression. */
function checksOf(expr: string, description = ""): readonly Check[] {
  const rule: Rule = { alert: "A", expr, labels: labelsOf("warning"), annotations: textsOf(description) };
  return lintRules([rule, watchdog], knownMetrics(new Map([["slo:x", ["slo"]]]))).map(({ check }) => check);
}

const wrongAndRight: readonly (readonly [check: Check, wrong: string, right: string])[] = [
  ["syntax", "sum(ccr_calls_in_flight", "sum(ccr_calls_in_flight)"],
  ["unknown-metric", "ccr_call_in_flight > 5", "ccr_calls_in_flight > 5"],
  ["unknown-metric", "ccr_requests > 5", "ccr_calls_in_flight > 5"],
  ["unknown-label", 'ccr_calls_in_flight{route="/"} > 5', 'ccr_calls_in_flight{instance="a"} > 5'],
  ["unknown-label", "sum by (model) (ccr_calls_in_flight) > 5", "sum by (job) (ccr_calls_in_flight) > 5"],
  ["unknown-label", 'slo:x{instance="a"} > 1', 'slo:x{slo="a"} > 1'],
  ["unknown-label-value", 'ccr_event_loop_lag_seconds{stat="p95"} > 1', 'ccr_event_loop_lag_seconds{stat="p99"} > 1'],
  [
    "unknown-label-value",
    'sum(rate(ccr_requests_total{status_code=~"6.."}[5m])) > 1',
    'sum(rate(ccr_requests_total{status_code=~"5.."}[5m])) > 1',
  ],
  ["counter-without-rate", "sum(ccr_retries_total) > 100", "sum(rate(ccr_retries_total[5m])) > 100"],
  ["counter-without-rate", "ccr_cost_total_usd > 100", "sum(increase(ccr_cost_total_usd[1h])) > 100"],
  ["rate-of-gauge", "rate(ccr_calls_in_flight[5m]) > 0", "delta(ccr_calls_in_flight[5m]) > 0"],
  ["rate-of-single-series", "rate(ccr_retries_total[5m]) > 1", "sum(rate(ccr_retries_total[5m])) > 1"],
  ["instant-rate", "sum(irate(ccr_retries_total[5m])) > 1", "sum(rate(ccr_retries_total[5m])) > 1"],
  [
    "quantile-without-le",
    "histogram_quantile(0.9, sum by (route) (rate(ccr_request_duration_seconds_bucket[5m]))) > 1",
    "histogram_quantile(0.9, sum by (le, route) (rate(ccr_request_duration_seconds_bucket[5m]))) > 1",
  ],
  [
    "beyond-largest-bucket",
    "histogram_quantile(0.9, sum by (le) (rate(ccr_request_duration_seconds_bucket[5m]))) > 300",
    "histogram_quantile(0.9, sum by (le) (rate(ccr_request_duration_seconds_bucket[5m]))) > 299",
  ],
  [
    "division-by-zero",
    "ccr_disk_usage_bytes / ccr_disk_size_bytes > 0.9",
    "ccr_disk_usage_bytes / (ccr_disk_size_bytes > 0) > 0.9",
  ],
  [
    "labels-cannot-match",
    'ccr_memory_usage_bytes{type="rss"} > ccr_memory_usage_bytes{type="heap_limit"}',
    'ccr_memory_usage_bytes{type="rss"} > ignoring (type) ccr_memory_usage_bytes{type="heap_limit"}',
  ],
  [
    "labels-cannot-match",
    "ccr_upstream_queued > 0 and ccr_calls_in_flight > 10",
    "ccr_upstream_queued > 0 and on (job, instance) ccr_calls_in_flight > 10",
  ],
  [
    "labels-cannot-match",
    "sum by (provider) (ccr_upstream_queued) > 0 and on (instance) ccr_calls_in_flight > 10",
    "sum by (instance) (ccr_upstream_queued) > 0 and on (instance) ccr_calls_in_flight > 10",
  ],
];

for (const [check, wrong, right] of wrongAndRight) {
  test(`${check}: finds ${wrong}, and leaves ${right} alone`, () => {
    assert.ok(checksOf(wrong).includes(check), `found: ${checksOf(wrong).join(", ")}`);
    assert.deepEqual(checksOf(right), []);
  });
}

test("texts may only name labels that the alert has, and functions that Prometheus has", () => {
  const expr = "sum by (provider) (ccr_upstream_queued) > 10";
  assert.deepEqual(checksOf(expr, "{{ $labels.provider }}: {{ $value | humanize }}"), []);
  assert.deepEqual(checksOf(expr, "{{ $labels.instance }}"), ["template-label-not-there"]);
  assert.deepEqual(checksOf(expr, "{{ $value | humanizeBytes }}"), ["unknown-template-function"]);
});
