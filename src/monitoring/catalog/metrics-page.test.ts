import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { metricCatalog } from "./metric-catalog.ts";
import { renderMetricsPage } from "./metrics-page.ts";

const pageUrl = new URL("../../../docs/metrics.md", import.meta.url);

test("docs/metrics.md says what the catalog says (UPDATE=1 rewrites it)", () => {
  const page = renderMetricsPage();
  if (process.env["UPDATE"] === "1") writeFileSync(pageUrl, page);
  assert.equal(readFileSync(pageUrl, "utf8"), page);
});

test("every metric has one name, help, a reason and ascending buckets", () => {
  const names = metricCatalog.map((metric) => metric.name);
  assert.equal(new Set(names).size, names.length);
  for (const metric of metricCatalog) {
    assert.match(metric.name, /^(ccr|process)_[a-z0-9_]+$/);
    assert.ok(
      metric.help.length > 10 && metric.why.endsWith(metric.why.includes("?") ? metric.why.slice(-1) : "."),
      metric.name,
    );
    assert.equal(new Set(metric.labels.map((label) => label.name)).size, metric.labels.length, metric.name);
    if (metric.type !== "histogram") continue;
    assert.deepEqual(
      [...metric.buckets],
      [...metric.buckets].sort((a, b) => a - b),
      metric.name,
    );
  }
});

/** Name, labels and buckets that dashboards and rules of the operations guide rely on. */
const promised: Readonly<Record<string, { labels: string[]; buckets?: number[] }>> = {
  ccr_requests_total: { labels: ["method", "route", "status_code", "provider", "user_tier"] },
  ccr_request_duration_seconds: {
    labels: ["method", "route", "provider", "cache_status"],
    buckets: [0.001, 0.005, 0.015, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300],
  },
  ccr_active_connections: { labels: ["provider"] },
  ccr_cache_hit_ratio: { labels: ["cache_level"] },
  ccr_provider_requests_total: { labels: ["provider", "model", "status"] },
  ccr_provider_latency_seconds: {
    labels: ["provider", "model"],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 25, 30, 50, 60, 120, 300],
  },
  ccr_provider_errors_total: { labels: ["provider", "error_type"] },
  ccr_provider_health_score: { labels: ["provider"] },
  ccr_cost_total_usd: { labels: ["provider", "model", "user_id"] },
  ccr_response_quality_score: {
    labels: ["provider", "model", "content_type"],
    buckets: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  },
  ccr_user_satisfaction_score: { labels: ["user_tier", "provider"] },
  ccr_memory_usage_bytes: { labels: ["type"] },
  ccr_cpu_usage_percent: { labels: [] },
  ccr_disk_usage_bytes: { labels: ["mount"] },
};

test("the metrics that alerts and dashboards rely on keep their names, labels and buckets", () => {
  for (const [name, { labels, buckets }] of Object.entries(promised)) {
    const metric = metricCatalog.find((entry) => entry.name === name);
    assert.ok(metric !== undefined, name);
    assert.deepEqual(
      metric.labels.map((label) => label.name),
      labels,
    );
    if (buckets !== undefined) assert.deepEqual(metric.type === "histogram" ? metric.buckets : null, buckets);
  }
});
