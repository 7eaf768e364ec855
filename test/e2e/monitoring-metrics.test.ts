/** What /metrics counts of real calls and shows of the router's state. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { addKey, hashKey } from "../../src/config/keys-file.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { ask, read, scrape, startMonitoredRouter, valueOf } from "./monitored-router.ts";

test("models that a provider serves earn a label, invented ones and unknown paths do not", async (t) => {
  const bench = await startMonitoredRouter(t);
  await ask(bench, "anthropic/claude-3-5-haiku-20241022");
  const invented = `invented-${Date.now()}`;
  await ask(bench, `anthropic/${invented}`);
  await fetch(`${bench.router.url}/made/up/${invented}`);
  await fetch(`${bench.router.url}/api/calls/${invented}`);
  const metrics = await waitUntil("all is counted", async () => {
    const text = await scrape(bench);
    return text.includes('model="claude-3-5-haiku-20241022"') && text.includes('route="_other"') ? text : null;
  });
  assert.ok(!metrics.includes(invented));
  const labels = 'method="GET",route="/api/calls/{id}",status_code="404",provider="none",user_tier="none"';
  assert.equal(valueOf(metrics, `ccr_requests_total{${labels}}`), 1);
  assert.ok(!metrics.includes('route="/metrics"'));
});

test("what clients ask that is no call is counted, too: lists of models, wrong keys, wrong methods", async (t) => {
  const key = { hash: hashKey("ccr_ada"), user: "ada" };
  const bench = await startMonitoredRouter(t, { auth: { keys: [key] } });
  const counted = async (labels: string, count: number): Promise<void> =>
    assert.equal(valueOf(await scrape(bench), `ccr_requests_total{${labels}}`), count);
  const models = `${bench.router.url}/v1/models`;
  await fetch(models, { headers: { "x-api-key": "ccr_ada" } });
  await fetch(`${models}/anthropic%2Fclaude-haiku-4-5`, { headers: { "x-api-key": "ccr_ada" } });
  await fetch(models);
  await fetch(`${bench.router.url}/v1/messages`, { headers: { "x-api-key": "ccr_ada" } });
  await ask(bench, "anthropic/claude-haiku-4-5");
  await counted('method="GET",route="/v1/models",status_code="200",provider="none",user_tier="none"', 2);
  await counted('method="GET",route="/v1/models",status_code="401",provider="none",user_tier="none"', 1);
  await counted('method="GET",route="_other",status_code="405",provider="none",user_tier="none"', 1);
  await counted('method="POST",route="/v1/messages",status_code="401",provider="none",user_tier="none"', 1);
});

test("a call that server.maxCalls refuses is counted, as an error of the router that nobody's key stands for", async (t) => {
  const bench = await startMonitoredRouter(t, { server: { maxCalls: 1 } });
  const refused = 'method="POST",route="/v1/messages",status_code="529",provider="none",user_tier="none"';
  assert.equal(valueOf(await scrape(bench), `ccr_requests_total{${refused}}`), 0);
  bench.simulated.anthropic.behave({ fault: { kind: "hang" } });
  const leaving = new AbortController();
  const hanging = fetch(`${bench.router.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({
      model: "anthropic/claude-haiku-4-5",
      max_tokens: 9,
      messages: [{ role: "user", content: "Hi" }],
    }),
    signal: leaving.signal,
  }).catch(() => "left");
  await waitUntil("it is at the provider", () => bench.simulated.anthropic.counts().requests === 1);
  const { status, id } = await ask(bench, "openai/gpt-4.1");
  assert.equal(status, 529);
  assert.match(id, /^req_[0-9a-f]+$/);
  const metrics = await scrape(bench);
  assert.equal(valueOf(metrics, `ccr_requests_total{${refused}}`), 1);
  assert.equal(valueOf(metrics, 'ccr_errors_total{error_type="router_overloaded"}'), 1);
  assert.equal(valueOf(metrics, 'ccr_call_outcomes_total{route="/v1/messages",outcome="error"}'), 1);
  leaving.abort();
  assert.equal(await hanging, "left");
  assert.equal((await ask(bench, "openai/gpt-4.1")).status, 200);
});

test("tiers of keys that were made by command stand in user_tier, from zero", async (t) => {
  const keysFile = join(createTemporaryFolder(t), "keys.json");
  const limits = { requestsPerMinute: null, tokensPerMinute: null, concurrentCalls: null };
  const about = { user: "ada", team: null, allowedModels: null, limits, expiresAtMs: null, isAdmin: false };
  const { key } = await addKey(keysFile, { ...about, tier: "premium" }, Date.now());
  const bench = await startMonitoredRouter(t, { auth: { keysFile } });
  const series = (status: number): string =>
    `ccr_requests_total{method="POST",route="/v1/messages",status_code="${status}",provider="openai",user_tier="premium"}`;
  const asked = await ask(bench, "openai/gpt-4.1", "How are you?", { headers: { "x-api-key": key } });
  assert.equal(asked.status, 200);
  const metrics = await scrape(bench);
  assert.deepEqual([valueOf(metrics, series(200)), valueOf(metrics, series(503))], [1, 0]);
});

test("breakers, budgets, log folders and the configuration are in the metrics", async (t) => {
  const bench = await startMonitoredRouter(t, {
    breaker: { failureThreshold: 2 },
    budgets: { caps: [{ scope: "all", daily: 1000 }] },
  });
  await ask(bench, "openai/gpt-4.1");
  bench.simulated.anthropic.behave({ fault: { kind: "status", status: 500 } });
  for (let call = 0; call < 3; call++) await ask(bench, "anthropic/claude-sonnet-4-5");
  const metrics = await scrape(bench);
  assert.equal(valueOf(metrics, 'ccr_circuit_breaker_transitions_total{provider="anthropic",state="open"}'), 1);
  assert.equal(valueOf(metrics, "ccr_budget_open_holds"), 0);
  const used = valueOf(metrics, 'ccr_budget_used_ratio{scope="all",window="daily"}');
  assert.ok(used > 0 && used < 0.01);
  assert.equal(valueOf(metrics, "ccr_config_last_reload_successful"), 1);
  assert.ok(metrics.includes("ccr_disk_size_bytes{mount="));
  const health = await read<{ name: string; score: number }[]>(bench, "/api/providers/health");
  for (const { name, score } of health) {
    const shown = valueOf(await scrape(bench), `ccr_provider_health_score{provider="${name}"}`);
    assert.ok(Math.abs(shown - score) < 0.01, name);
  }
});
