import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { Counter, Registry } from "prom-client";
import { createManualClock } from "../core/clock.ts";
import { metricCatalog } from "./catalog/metric-catalog.ts";
import { EnhancedMetricsSystem } from "./metrics-system.ts";
import type { MetricsSystemOptions } from "./metrics-system.ts";
import { sampleAttempt, sampleRecord } from "./sample-record.test.ts";
import { countsOf, renderMerged } from "./series/merge-snapshots.ts";

const configuration = {
  targets: [
    { provider: "anthropic", model: "claude-sonnet-5" },
    { provider: "anthropic", model: "claude-haiku-4-5" },
    { provider: "openai", model: "gpt-5.5" },
    { provider: "groq", model: "kimi-k2" },
  ],
  routes: ["/health"],
  tiers: ["standard", "pro"],
};

function withMetrics(
  run: (metrics: EnhancedMetricsSystem) => Promise<void> | void,
  options: MetricsSystemOptions = {},
) {
  return async () => {
    const metrics = new EnhancedMetricsSystem({ configuration, version: "1.2.3", ...options });
    try {
      await run(metrics);
    } finally {
      metrics.close();
    }
  };
}

/** The value of the series that starts like this, null where there is none. */
function valueOf(text: string, series: string): number | null {
  const line = text.split("\n").find((entry) => entry.startsWith(`${series} `));
  return line === undefined ? null : Number(line.split(" ").at(1));
}

test(
  "each step of a call and each attempt counts once",
  withMetrics(async (metrics) => {
    const steps = [
      { name: "plan", startedAfterMs: 1, durationMs: 0.3 },
      { name: "hold", startedAfterMs: 1.3, durationMs: 7 },
    ] as const;
    metrics.observeCall(sampleRecord({ steps, attempts: [sampleAttempt, sampleAttempt] }));
    const text = await metrics.getMetrics();
    assert.equal(valueOf(text, 'ccr_step_duration_seconds_bucket{step="plan",le="0.00025"}'), 0);
    assert.equal(valueOf(text, 'ccr_step_duration_seconds_bucket{step="plan",le="0.0005"}'), 1);
    assert.equal(valueOf(text, 'ccr_step_duration_seconds_sum{step="hold"}'), 0.007);
    assert.equal(valueOf(text, 'ccr_step_duration_seconds_sum{step="attempt"}'), 4);
    assert.equal(valueOf(text, 'ccr_step_duration_seconds_count{step="wait"}'), 0);
  }),
);

test(
  "one call appears in every metric that it concerns",
  withMetrics(async (metrics) => {
    metrics.observeCall(sampleRecord());
    const text = await metrics.getMetrics();
    const target = 'provider="anthropic",model="claude-sonnet-5"';
    const expected: Record<string, number> = {
      'ccr_requests_total{method="POST",route="/v1/messages",status_code="200",provider="anthropic",user_tier="standard"}': 1,
      'ccr_request_duration_seconds_bucket{method="POST",route="/v1/messages",provider="anthropic",cache_status="miss",le="2"}': 0,
      'ccr_request_duration_seconds_bucket{method="POST",route="/v1/messages",provider="anthropic",cache_status="miss",le="5"}': 1,
      'ccr_request_duration_seconds_sum{method="POST",route="/v1/messages",provider="anthropic",cache_status="miss"}': 2.01,
      'ccr_call_outcomes_total{route="/v1/messages",outcome="success"}': 1,
      'ccr_router_overhead_seconds_sum{route="/v1/messages"}': 0.01,
      'ccr_cache_answers_total{cache_status="miss"}': 1,
      [`ccr_provider_requests_total{${target},status="success"}`]: 1,
      [`ccr_provider_latency_seconds_sum{${target}}`]: 2.006,
      [`ccr_time_to_first_byte_seconds_sum{${target}}`]: 0.5,
      [`ccr_time_per_output_token_seconds_sum{${target}}`]: 0.01506,
      [`ccr_tokens_total{${target},kind="uncached_input"}`]: 100,
      [`ccr_tokens_total{${target},kind="cache_read"}`]: 900,
      [`ccr_tokens_total{${target},kind="output"}`]: 100,
      [`ccr_tokens_total{${target},kind="reasoning"}`]: 1,
      [`ccr_cost_total_usd{${target},user_id="ada"}`]: 0.0021,
      [`ccr_cost_usd_total{${target},user_id="ada"}`]: 0.0021,
    };
    for (const [series, value] of Object.entries(expected)) assert.equal(valueOf(text, series), value, series);
  }),
);

test(
  "attempts show as provider errors, retries and fail-overs by the code of the failure before",
  withMetrics(async (metrics) => {
    const failed = { ...sampleAttempt, status: 529, errorCode: "provider_overloaded" as const, durationMs: 30 };
    const open = {
      ...sampleAttempt,
      target: { provider: "groq", model: "kimi-k2" },
      status: null,
      errorCode: "provider_circuit_open" as const,
    };
    const served = { ...sampleAttempt, target: { provider: "openai", model: "gpt-5.5" } };
    metrics.observeCall(sampleRecord({ attempts: [failed, failed, open, served], target: served.target }));
    const text = await metrics.getMetrics();
    assert.equal(valueOf(text, 'ccr_provider_errors_total{provider="anthropic",error_type="provider_overloaded"}'), 2);
    assert.equal(valueOf(text, 'ccr_provider_errors_total{provider="groq",error_type="provider_circuit_open"}'), 1);
    assert.equal(valueOf(text, 'ccr_retries_total{provider="anthropic",error_type="provider_overloaded"}'), 1);
    assert.equal(valueOf(text, 'ccr_failovers_total{provider="anthropic",error_type="provider_overloaded"}'), 1);
    assert.equal(valueOf(text, 'ccr_failovers_total{provider="groq",error_type="provider_circuit_open"}'), 1);
    assert.equal(
      valueOf(text, 'ccr_provider_requests_total{provider="anthropic",model="claude-sonnet-5",status="error"}'),
      2,
    );
    assert.equal(valueOf(text, 'ccr_provider_requests_total{provider="groq",model="kimi-k2",status="error"}'), 0);
    assert.equal(valueOf(text, 'ccr_provider_latency_seconds_count{provider="openai",model="gpt-5.5"}'), 1);
    assert.equal(
      valueOf(text, 'ccr_provider_latency_seconds_count{provider="anthropic",model="claude-sonnet-5"}'),
      null,
    );
  }),
);

test(
  "a count of tokens is an attempt, but says nothing of how fast answers are",
  withMetrics(async (metrics) => {
    metrics.observeCall(sampleRecord({ endpoint: "count-tokens", cost: null, usage: null }));
    const text = await metrics.getMetrics();
    const target = 'provider="anthropic",model="claude-sonnet-5"';
    assert.equal(valueOf(text, `ccr_provider_requests_total{${target},status="success"}`), 1);
    assert.equal(valueOf(text, `ccr_provider_latency_seconds_count{${target}}`), null);
    assert.equal(valueOf(text, `ccr_time_to_first_byte_seconds_count{${target}}`), null);
  }),
);

test(
  "a request whose client left before the answer was sent, without an error of the provider, once a connection had it",
  withMetrics(async (metrics) => {
    const left = { ...sampleAttempt, status: null, errorCode: "caller_gone", message: "gone" } as const;
    const aborted = { outcome: "aborted", errorCode: "caller_gone", status: 499, firstByteMs: null } as const;
    metrics.observeCall(sampleRecord({ ...aborted, attempts: [left] }));
    metrics.observeCall(sampleRecord({ ...aborted, attempts: [{ ...left, isUnsent: true }], target: null }));
    const text = await metrics.getMetrics();
    const target = 'provider="anthropic",model="claude-sonnet-5"';
    assert.equal(valueOf(text, `ccr_provider_requests_total{${target},status="success"}`), 1);
    assert.equal(valueOf(text, `ccr_provider_requests_total{${target},status="error"}`), 0);
    assert.equal(valueOf(text, `ccr_provider_latency_seconds_count{${target}}`), null);
  }),
);

test(
  "an answer that broke off in mid-stream is an error of its provider, by its code; one that a stop cut is none",
  withMetrics(async (metrics) => {
    metrics.observeCall(sampleRecord({ outcome: "cut", errorCode: "provider_cut_answer" }));
    metrics.observeCall(sampleRecord({ outcome: "cut", errorCode: "router_shutting_down" }));
    const text = await metrics.getMetrics();
    const target = 'provider="anthropic",model="claude-sonnet-5"';
    assert.equal(valueOf(text, `ccr_provider_requests_total{${target},status="error"}`), 1);
    assert.equal(valueOf(text, `ccr_provider_requests_total{${target},status="success"}`), 1);
    assert.equal(valueOf(text, 'ccr_provider_errors_total{provider="anthropic",error_type="provider_cut_answer"}'), 1);
    assert.equal(valueOf(text, `ccr_provider_latency_seconds_sum{${target}}`), 4.012);
  }),
);

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

test(
  "sources are read at each scrape, totals and gauges alike",
  withMetrics(async (metrics) => {
    const stats = { hits: 0, misses: 0 };
    metrics.connect({
      callsInFlight: () => 3,
      cacheLevels: () => [{ level: "l1", ...stats, evictions: 8, errors: 9, entries: 5, bytes: 6 }],
      cacheSavings: () => 1_500_000_000,
      breakers: () => [{ provider: "groq", model: "kimi-k2", state: "open" }],
      budgets: () => ({
        openHolds: 1,
        heldNanoUsd: 2_500_000_000,
        used: [
          { scope: "user", window: "daily", ratio: 0.8, forecastRatio: null },
          { scope: "all", window: "monthly", ratio: 0.4, forecastRatio: 1.25 },
        ],
      }),
      ledger: () => ({ failedWrites: 4, lostRows: 2 }),
      upstream: () => [{ provider: "groq", sockets: 1, queued: 0, certificateExpiresAtMs: 1_800_000_000_000 }],
      dependencies: () => [{ name: "redis", isUp: false, buffered: 7 }],
    });
    assert.ok(Number.isNaN(valueOf(await metrics.getMetrics(), 'ccr_cache_hit_ratio{cache_level="l1"}')));
    Object.assign(stats, { hits: 3, misses: 1 });
    const text = await metrics.getMetrics();
    assert.equal(valueOf(text, 'ccr_cache_hit_ratio{cache_level="l1"}'), 0.75);
    assert.equal(valueOf(text, 'ccr_cache_lookups_total{cache_level="l1",result="hit"}'), 3);
    assert.equal(valueOf(text, 'ccr_cache_evictions_total{cache_level="l1"}'), 8);
    assert.equal(valueOf(text, 'ccr_cache_errors_total{cache_level="l1"}'), 9);
    assert.equal(valueOf(text, "ccr_cache_saved_usd_total"), 1.5);
    assert.equal(valueOf(text, "ccr_calls_in_flight"), 3);
    assert.equal(valueOf(text, 'ccr_circuit_breaker_state{provider="groq",model="kimi-k2"}'), 2);
    assert.equal(valueOf(text, "ccr_budget_held_usd"), 2.5);
    assert.equal(valueOf(text, 'ccr_budget_forecast_ratio{scope="all",window="monthly"}'), 1.25);
    assert.doesNotMatch(text, /ccr_budget_forecast_ratio\{scope="user"/);
    assert.equal(valueOf(text, "ccr_ledger_write_failures_total"), 4);
    assert.equal(valueOf(text, "ccr_ledger_lost_rows_total"), 2);
    const expiry = 'ccr_provider_certificate_expiry_timestamp_seconds{provider="groq"}';
    assert.equal(valueOf(text, expiry), 1_800_000_000);
    assert.equal(valueOf(text, 'ccr_dependency_up{dependency="redis"}'), 0);
  }),
);

test(
  "a source that fails is told and takes nothing from the others, and what it no longer lists does not stay",
  withMetrics(async (metrics) => {
    const open = [{ provider: "groq", count: 2 }];
    metrics.connect({
      activeConnections: () => open,
      cacheLevels: () => {
        throw new Error("redis");
      },
      dependencies: () => [{ name: "ledger", isUp: true, buffered: 0 }],
    });
    assert.equal(valueOf(await metrics.getMetrics(), 'ccr_active_connections{provider="groq"}'), 2);
    open.pop();
    const text = await metrics.getMetrics();
    assert.equal(valueOf(text, 'ccr_active_connections{provider="groq"}'), 0);
    assert.equal(valueOf(text, 'ccr_dependency_up{dependency="ledger"}'), 1);
  }),
);

test("several workers are shown as one: counts added, gauges by their rule", async () => {
  await withMetrics((first) =>
    withMetrics(async (second) => {
      first.observeCall(sampleRecord());
      second.observeCall(sampleRecord());
      first.setProviderHealth("anthropic", 0.4);
      second.setProviderHealth("anthropic", 0.9);
      first.setCacheHitRatio("l1", 0.5);
      const snapshots = [await first.snapshot(), JSON.parse(JSON.stringify(await second.snapshot()))];
      const text = renderMerged(snapshots, "text");
      assert.equal(
        valueOf(text, 'ccr_cost_usd_total{provider="anthropic",model="claude-sonnet-5",user_id="ada"}'),
        0.0042,
      );
      assert.equal(valueOf(text, 'ccr_provider_health_score{provider="anthropic"}'), 0.4);
      assert.equal(valueOf(text, 'ccr_cache_hit_ratio{cache_level="l1"}'), 0.5);
      assert.ok(Number.isNaN(valueOf(text, 'ccr_cache_hit_ratio{cache_level="l2"}')));
      assert.equal(valueOf(text, 'ccr_router_overhead_seconds_count{route="/v1/messages"}'), 2);
    })(),
  )();
});

test("what a worker had counted stays counted when it is gone; its gauges go with it", async () => {
  await withMetrics((gone) =>
    withMetrics(async (left) => {
      for (const worker of [gone, left]) {
        worker.observeCall(sampleRecord());
        worker.setProviderHealth("anthropic", worker === gone ? 0.4 : 0.9);
      }
      const former = countsOf([JSON.parse(JSON.stringify(await gone.snapshot()))]);
      const text = renderMerged([former, await left.snapshot()], "text");
      const cpu = "process_cpu_seconds_total";
      const ofGone = valueOf(renderMerged([former], "text"), cpu) ?? 0;
      assert.ok(ofGone > 0 && (valueOf(text, cpu) ?? 0) >= 2 * ofGone); // both are this process
      assert.equal(valueOf(text, 'ccr_router_overhead_seconds_count{route="/v1/messages"}'), 2);
      assert.equal(valueOf(text, 'ccr_provider_health_score{provider="anthropic"}'), 0.9);
    })(),
  )();
});

test("of several workers, memory is that of the fullest against the limit of one, and the youngest's start is the start", async () => {
  const clock = createManualClock(1_700_000_000_000);
  const later = createManualClock(1_700_000_900_000);
  await withMetrics(
    (first) =>
      withMetrics(
        async (second) => {
          const [limit, start] = ['ccr_memory_usage_bytes{type="heap_limit"}', "process_start_time_seconds"];
          const young = await second.getMetrics();
          const text = renderMerged([await first.snapshot(), await second.snapshot()], "text");
          assert.equal(valueOf(text, limit), valueOf(young, limit));
          assert.equal(valueOf(text, start), valueOf(young, start));
        },
        { clock: later },
      )(),
    { clock },
  )();
});

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
