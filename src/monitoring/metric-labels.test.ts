/** Which names become labels, which series begin at zero, and how many there may be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../core/time/clock.ts";
import { EnhancedMetricsSystem } from "./metrics-system.ts";
import { sampleAttempt, sampleRecord } from "./sample-record.test.ts";
import { configuration, valueOf, withMetrics } from "./test-metrics.ts";

test(
  "what a client invents becomes _other, and an unknown status its class",
  withMetrics(async (metrics) => {
    metrics.observeCall(
      sampleRecord({
        status: 521,
        target: { provider: "evil\n", model: 'x"}' },
        attempts: [],
        caller: { ...sampleRecord().caller, tier: "made-up" },
      }),
    );
    metrics.incrementRequest("BREW", "/etc/passwd", 200, "nobody", "pro");
    const text = await metrics.getMetrics();
    const own = 'method="POST",route="/v1/messages",status_code="5xx",provider="_other",user_tier="_other"';
    assert.equal(valueOf(text, `ccr_requests_total{${own}}`), 1);
    const other = 'method="_other",route="_other",status_code="200",provider="_other",user_tier="pro"';
    assert.equal(valueOf(text, `ccr_requests_total{${other}}`), 1);
    assert.ok(!/evil|passwd|BREW/.test(text));
  }),
);

test("without a configuration the names told to the single methods stand in labels, up to their limits", async () => {
  const metrics = new EnhancedMetricsSystem();
  try {
    metrics.incrementRequest("POST", "/v1/messages", 200, "anthropic", "pro");
    metrics.observeProviderLatency("anthropic", "claude-sonnet-4", 1.2);
    for (let index = 0; index < 200; index++) metrics.setActiveConnections(`p${index}`, index);
    const text = await metrics.getMetrics();
    const own = 'method="POST",route="/v1/messages",status_code="200",provider="anthropic",user_tier="pro"';
    assert.equal(valueOf(text, `ccr_requests_total{${own}}`), 1);
    const target = 'provider="anthropic",model="claude-sonnet-4"';
    assert.equal(valueOf(text, `ccr_provider_latency_seconds_count{${target}}`), 1);
    assert.equal(text.match(/^ccr_active_connections\{/gm)?.length, 128);
    assert.equal(valueOf(text, 'ccr_active_connections{provider="_other"}'), 199);
    metrics.configure({ providers: ["groq"] });
    metrics.setActiveConnections("anthropic", 3);
    const configured = await metrics.getMetrics();
    assert.ok(!configured.includes("anthropic"));
    assert.equal(valueOf(configured, 'ccr_active_connections{provider="_other"}'), 3);
  } finally {
    metrics.close();
  }
});

test(
  "series of configured providers and routes exist at zero, gauges of the machine at the first scrape",
  withMetrics(async (metrics) => {
    const text = await metrics.getMetrics();
    for (const provider of ["anthropic", "openai", "groq"]) {
      for (const route of ["/v1/messages", "/v1/chat/completions", "/v1/messages/count_tokens"]) {
        const labels = `method="POST",route="${route}",status_code="503",provider="${provider}",user_tier="pro"`;
        assert.equal(valueOf(text, `ccr_requests_total{${labels}}`), 0);
      }
      for (const name of ["ccr_provider_errors_total", "ccr_retries_total", "ccr_failovers_total"]) {
        assert.equal(valueOf(text, `${name}{provider="${provider}",error_type="provider_timeout"}`), 0);
      }
    }
    for (const type of ["heap_used", "heap_total", "heap_limit", "external", "rss"]) {
      assert.ok((valueOf(text, `ccr_memory_usage_bytes{type="${type}"}`) ?? 0) > 0, type);
    }
    assert.ok(Number.isNaN(valueOf(text, 'ccr_cache_hit_ratio{cache_level="l1"}')));
    assert.ok((valueOf(text, "ccr_cpu_usage_percent") ?? -1) >= 0);
    if (process.platform === "linux") assert.match(text, /^ccr_disk_usage_bytes\{mount="\/[^"]*"\} [1-9]/m);
    assert.match(text, /^ccr_build_info\{version="1\.2\.3",node_version="v\d+/m);
  }),
);

test(
  "the failures of a model that nobody listed are counted from zero once it has served a call",
  withMetrics(async (metrics) => {
    const target = { provider: "openai", model: "gpt-4.1" };
    metrics.observeCall(sampleRecord({ target, attempts: [{ ...sampleAttempt, target }] }));
    const text = await metrics.getMetrics();
    const series = 'ccr_provider_requests_total{provider="openai",model="gpt-4.1"';
    assert.equal(valueOf(text, `${series},status="success"}`), 1);
    assert.equal(valueOf(text, `${series},status="error"}`), 0);
  }),
);

test(
  "series that begin at zero leave room for calls: with many providers and tiers each counts under its own name",
  withMetrics(async (metrics) => {
    const providers = Array.from({ length: 40 }, (_, index) => `provider-${index}`);
    const tiers = ["standard", "gold", "silver", "bronze", "iron"];
    metrics.configure({ providers, tiers });
    for (const provider of providers) {
      const target = { provider, model: "m" };
      const { caller } = sampleRecord();
      const counted = { target, attempts: [{ ...sampleAttempt, target }], caller: { ...caller, tier: "iron" } };
      metrics.observeCall(sampleRecord({ ...counted, endpoint: "count-tokens", status: 400 }));
    }
    const text = await metrics.getMetrics();
    for (const provider of providers) {
      const labels = `method="POST",route="/v1/messages/count_tokens",status_code="400",provider="${provider}"`;
      assert.equal(valueOf(text, `ccr_requests_total{${labels},user_tier="iron"}`), 1, provider);
    }
    assert.doesNotMatch(text, /label_overflows_total\{metric="ccr_requests_total"\} [1-9]/);
  }),
);

test(
  "a provider that leaves the configuration takes its series with it",
  withMetrics(async (metrics) => {
    metrics.observeCall(sampleRecord());
    metrics.configure({ targets: [{ provider: "openai", model: "gpt-5.5" }] });
    const text = await metrics.getMetrics();
    assert.ok(!text.includes('provider="anthropic"') && !text.includes('model="kimi-k2"'));
    metrics.observeCall(sampleRecord());
    assert.ok(!(await metrics.getMetrics()).includes('provider="anthropic"'));
    for (let index = 0; index < 500; index++) metrics.configure({ providers: [`provider-${index}`] });
    assert.match(await metrics.getMetrics(), /provider="provider-499"/);
    assert.ok(text.includes('provider="openai"'));
  }),
);

test("a hundred thousand users make at most 2,000 series and 1 MB, and no scrape holds the process for long", async () => {
  const clock = createManualClock(1_700_000_000_000);
  await withMetrics(
    async (metrics) => {
      for (let index = 0; index < 100_000; index++) {
        const target = configuration.targets[index % 4] ?? sampleAttempt.target;
        const caller = { ...sampleRecord().caller, user: `user-${index}` };
        metrics.observeCall(sampleRecord({ caller, target, attempts: [{ ...sampleAttempt, target }] }));
        if (index % 10_000 === 0) {
          clock.advanceMs(600_000);
          await metrics.getMetrics("openmetrics");
        }
      }
      for (const format of ["text", "openmetrics"] as const) {
        const text = await metrics.getMetrics(format);
        const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
        assert.ok(series.length <= 2_000, `${series.length} series`);
        assert.ok(text.length <= 1_000_000, `${text.length} bytes`);
        const users = new Set([...text.matchAll(/user_id="([^"]+)"/g)].map(([, user]) => user));
        assert.ok(users.size <= 51 && users.has("_other"), `${users.size} users`);
      }
    },
    { clock },
  )();
});
