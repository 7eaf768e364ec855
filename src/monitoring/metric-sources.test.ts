/** Sources of metrics are read at each scrape, also where one fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { configuration, valueOf, withMetrics } from "./test-metrics.ts";

test(
  "sources are read at each scrape, totals and gauges alike",
  withMetrics(async (metrics) => {
    const stats = { hits: 0, misses: 0 };
    metrics.connect({
      callsInFlight: () => 3,
      cacheLevels: () => [{ level: "l1", ...stats, evictions: 8, errors: 9, entries: 5, bytes: 6 }],
      cacheSavings: () => 1_500_000_000,
      breakers: () => [
        { provider: "groq", model: "kimi-k2", state: "open" },
        { provider: "anthropic", model: "claude-sonnet-5", state: "half-open" },
      ],
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
    assert.equal(valueOf(text, 'ccr_circuit_breaker_state{provider="anthropic",model="claude-sonnet-5"}'), 1);
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

test(
  "what has no label of its own is told together: the worst of breakers, the sum of connections",
  withMetrics(async (metrics) => {
    const states = ["half-open", "open", "closed"] as const;
    const breakers = states.map((state) => ({ provider: "groq", model: `unlisted-${state}`, state }));
    const connections = [3, 2].map((count) => ({ provider: `gone-${count}`, count }));
    metrics.connect({ breakers: () => breakers, activeConnections: () => connections });
    const told = async (): Promise<readonly (number | null)[]> => {
      const text = await metrics.getMetrics();
      const breaker = valueOf(text, 'ccr_circuit_breaker_state{provider="groq",model="_other"}');
      return [breaker, valueOf(text, 'ccr_active_connections{provider="_other"}')];
    };
    assert.deepEqual(await told(), [2, 5]);
    assert.deepEqual(await told(), [2, 5], "a scrape counts nothing of the one before");
    breakers.splice(1, 1);
    connections.pop();
    assert.deepEqual(await told(), [1, 3]);
  }),
);

test(
  "satisfaction with providers that left the configuration is not told: one series would speak for all of them",
  withMetrics(async (metrics) => {
    const score = 0.25;
    const satisfaction = ["groq", "openai", "anthropic"].map((provider) => ({ tier: "pro", provider, score }));
    metrics.connect({ satisfaction: () => satisfaction });
    const told = async (): Promise<readonly string[]> =>
      (await metrics.getMetrics()).match(/^ccr_user_satisfaction_score\{.*/gm) ?? [];
    assert.equal((await told()).length, 3);
    metrics.configure({ ...configuration, targets: [{ provider: "groq", model: "kimi-k2" }] });
    assert.deepEqual(await told(), ['ccr_user_satisfaction_score{user_tier="pro",provider="groq"} 0.25']);
  }),
);
