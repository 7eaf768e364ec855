/** What a scrape is answered, and that systems live side by side. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { Counter, Registry } from "prom-client";
import { metricCatalog } from "./catalog/metric-catalog.ts";
import { sampleRecord } from "./sample-record.test.ts";
import { valueOf, withMetrics } from "./test-metrics.ts";

test(
  "/metrics shows no metric that the catalog does not declare, and every one that it does",
  withMetrics(async (metrics) => {
    const shown = [...(await metrics.getMetrics()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    const declared = metricCatalog.map(({ name, type }) => [name, type === "unknown" ? "untyped" : type]);
    assert.deepEqual(shown, declared);
  }),
);

test("promtool finds nothing to say about the metrics", async (context) => {
  if (spawnSync("promtool", ["--version"]).error !== undefined) return context.skip("promtool is not installed");
  await withMetrics(async (metrics) => {
    metrics.observeCall(sampleRecord());
    metrics.observeCall(
      sampleRecord({ status: 529, outcome: "error", errorCode: "provider_overloaded", target: null }),
    );
    const check = spawnSync("promtool", ["check", "metrics"], { input: await metrics.getMetrics(), encoding: "utf8" });
    assert.equal(check.stdout + check.stderr, "");
    assert.equal(check.status, 0);
  })();
});

test(
  "OpenMetrics is answered where Accept names it: counters by family, the dollars typed unknown, traces as exemplars",
  withMetrics(async (metrics) => {
    metrics.observeCall(sampleRecord());
    const { contentType, body } = await metrics.answerScrape(
      "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
    );
    assert.match(contentType, /^application\/openmetrics-text; version=1\.0\.0/);
    assert.match(body, /^# TYPE ccr_requests counter$/m);
    assert.match(body, /^ccr_requests_total\{/m);
    assert.match(body, /^# TYPE ccr_cost_total_usd unknown$/m);
    assert.match(body, /^ccr_cost_total_usd\{.*user_id="ada"\} 0\.0021$/m);
    assert.match(body, /^ccr_cost_usd_total\{.*user_id="ada"\} 0\.0021$/m);
    assert.match(
      body,
      /^ccr_request_duration_seconds_bucket\{.*le="5"\} 1 # \{trace_id="6553f1000123456789abcdef01234567"\} 2\.01 1700000002\.010$/m,
    );
    assert.ok(body.endsWith("# EOF\n"));
    const plain = await metrics.answerScrape("text/plain");
    assert.match(plain.contentType, /^text\/plain; version=0\.0\.4/);
    assert.ok(!plain.body.includes("trace_id"));
  }),
);

test("two systems live side by side, and metrics of others in the registry are shown too", async () => {
  const registry = new Registry();
  const other = new Counter({ name: "other_total", help: "of others", labelNames: ["a"], registers: [registry] });
  other.inc({ a: 'b"c' }, 2);
  await withMetrics((first) =>
    withMetrics(
      async (second) => {
        first.incrementCost("anthropic", "claude-sonnet-5", "ada", 1.5);
        assert.match(await second.getMetrics(), /^other_total\{a="b\\"c"\} 2$/m);
        assert.match(await first.getMetrics(), /^ccr_cost_total_usd\{.*\} 1\.5$/m);
        assert.doesNotMatch(await second.getMetrics(), /^ccr_cost_total_usd\{/m);
        assert.match(await registry.metrics(), /^ccr_requests_total\{method="POST",.*\} 0$/m);
      },
      { registry },
    )(),
  )();
});

test(
  "resetMetrics brings counts to zero, and keeps the series and the gauges",
  withMetrics(async (metrics) => {
    metrics.observeCall(sampleRecord());
    metrics.setProviderHealth("anthropic", 0.5);
    await metrics.resetMetrics();
    assert.equal(valueOf(await metrics.getMetrics(), 'ccr_provider_health_score{provider="anthropic"}'), 0.5);
    const labels = 'method="POST",route="/v1/messages",status_code="200",provider="anthropic",user_tier="standard"';
    assert.equal(valueOf(await metrics.getMetrics(), `ccr_requests_total{${labels}}`), 0);
  }),
);
