/** Which metrics a call, its steps and its attempts count in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleAttempt, sampleRecord } from "./sample-record.test.ts";
import { valueOf, withMetrics } from "./test-metrics.ts";

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
      errorCode: "provider_circuit_open",
      message: "its circuit breaker is open",
      afterAttempts: 2,
    } as const;
    const served = { ...sampleAttempt, target: { provider: "openai", model: "gpt-5.5" } };
    const passedOver = [
      { ...open, target: failed.target },
      { ...open, target: { provider: "groq", model: "kimi-k2" } },
    ];
    metrics.observeCall(sampleRecord({ attempts: [failed, failed, served], passedOver, target: served.target }));
    const text = await metrics.getMetrics();
    assert.equal(valueOf(text, 'ccr_provider_errors_total{provider="anthropic",error_type="provider_overloaded"}'), 2);
    for (const provider of ["anthropic", "groq"]) {
      const refused = `ccr_provider_errors_total{provider="${provider}",error_type="provider_circuit_open"}`;
      assert.equal(valueOf(text, refused), 1);
    }
    assert.equal(valueOf(text, 'ccr_retries_total{provider="anthropic",error_type="provider_circuit_open"}'), 0);
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
    const passedOver = [
      { target: sampleAttempt.target, errorCode: "provider_circuit_open", message: "open", afterAttempts: 0 } as const,
    ];
    metrics.observeCall(sampleRecord({ endpoint: "count-tokens", cost: null, usage: null, passedOver }));
    const text = await metrics.getMetrics();
    const target = 'provider="anthropic",model="claude-sonnet-5"';
    assert.equal(valueOf(text, `ccr_provider_requests_total{${target},status="success"}`), 1);
    assert.equal(valueOf(text, `ccr_provider_latency_seconds_count{${target}}`), null);
    assert.equal(valueOf(text, `ccr_time_to_first_byte_seconds_count{${target}}`), null);
    assert.equal(
      valueOf(text, 'ccr_provider_errors_total{provider="anthropic",error_type="provider_circuit_open"}'),
      0,
    );
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
