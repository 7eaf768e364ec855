/** What operators see of a call: its steps, its trace, its time in the router. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { ask, read, scrape, startMonitoredRouter } from "./monitored-router.ts";
import { startCollector } from "./collector.ts";

interface Operation {
  readonly operation: string;
  readonly count: number;
  readonly p50Duration: number;
  readonly p99Duration: number;
  readonly maxDuration: number;
  readonly avgMemoryUsage: number | null;
}

test("/api/performance shows the steps of calls, and the heap's change where nothing interrupts", async (t) => {
  const bench = await startMonitoredRouter(t);
  for (let call = 0; call < 3; call++) await ask(bench, "anthropic/claude-sonnet-4-5");
  const { operations } = await waitUntil("the last call is settled", async () => {
    const body = await read<{ operations: Operation[] }>(bench, "/api/performance");
    return body.operations.find((one) => one.operation === "settle")?.count === 3 ? body : null;
  });
  for (const name of [
    "authenticate",
    "receive",
    "read",
    "plan",
    "hold",
    "prepare",
    "attempt",
    "stream",
    "settle",
    "call",
  ]) {
    // prettier-ignore
    const found = operations.find((one) => one.operation === name);
    assert.equal(found?.count, 3, name);
    assert.ok(found.p50Duration <= found.p99Duration && found.p99Duration <= found.maxDuration * 1.011, name);
  }
  assert.equal(operations.find((one) => one.operation === "stream")?.avgMemoryUsage, null);
});

test("a client's trace goes on: the provider gets the attempt's span, which the kept trace shows", async (t) => {
  const bench = await startMonitoredRouter(t);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  for (const model of ["anthropic/claude-sonnet-4-5", "openai/gpt-4.1"]) {
    const { id } = await ask(bench, model, "Hi", { headers });
    interface Trace {
      readonly spans: readonly { readonly traceId: string; readonly spanId: string; readonly name: string }[];
      readonly plan: { readonly reason: string };
    }
    const trace = await waitUntil("the trace is kept", () => read<Trace>(bench, `/debug/traces/${id}`));
    const attempt = trace.spans.find((span) => span.name.startsWith("chat "));
    assert.ok(attempt !== undefined && trace.spans.every((span) => span.traceId === traceId));
    assert.ok(trace.spans.some((span) => span.name === "plan") && trace.plan.reason !== "");
    const provider = bench.simulated[model.startsWith("openai") ? "openai" : "anthropic"];
    assert.equal(provider.requests.at(-1)?.headers["traceparent"], `00-${traceId}-${attempt.spanId}-01`);
  }
  await ask(bench, "anthropic/claude-sonnet-4-5");
  assert.equal(bench.simulated.anthropic.requests.at(-1)?.headers["traceparent"], undefined);
});

test("a call in flight is listed with the client's trace id", async (t) => {
  const bench = await startMonitoredRouter(t);
  bench.simulated.anthropic.behave({ fault: { kind: "hang" } });
  const traceId = "1af7651916cd43dd8448eb211c80319c";
  const left = new AbortController();
  const pending = fetch(`${bench.router.url}/v1/messages`, {
    method: "POST",
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    body: JSON.stringify({
      model: "anthropic/claude-sonnet-4-5",
      max_tokens: 9,
      messages: [{ role: "user", content: "x" }],
    }),
    signal: left.signal,
  }).catch(() => null);
  await waitUntil("it runs", async () => {
    const { traces } = await read<{ traces: { traceId: string }[] }>(bench, "/debug/traces");
    return traces.some((trace) => trace.traceId === traceId);
  });
  left.abort();
  await pending;
});

test("a body that is long in coming is no time of the router's own", async (t) => {
  const bench = await startMonitoredRouter(t);
  const body = JSON.stringify({
    model: "anthropic/claude-sonnet-4-5",
    max_tokens: 16,
    messages: [{ role: "user", content: "Hi" }],
  });
  const headers = { "anthropic-version": "2023-06-01", "content-length": body.length };
  const request = httpRequest(`${bench.router.url}/v1/messages`, { method: "POST", headers });
  const answered = once(request, "response") as Promise<[IncomingMessage]>;
  request.write(body.slice(0, 10));
  const startedAt = await waitUntil("the call is in flight", async () => {
    const { traces } = await read<{ traces: readonly unknown[] }>(bench, "/debug/traces");
    return traces.length === 1 && performance.now();
  });
  await waitUntil("a second is over", () => performance.now() - startedAt > 1_000);
  request.end(body.slice(10));
  const [answer] = await answered;
  assert.ok(Number(answer.headers["x-ccr-overhead-ms"]) < 1_000, String(answer.headers["x-ccr-overhead-ms"]));
  await once(answer.resume(), "end");
  assert.match(await scrape(bench), /^ccr_router_overhead_seconds_bucket\{route="\/v1\/messages",le="1"\} 1$/m);
});

test("a provider that answers and then thinks, or never answers, is waited for: that is no time in the router", async (t) => {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const { providers } = simulated.configuration;
  simulated.openai.behave({ tokensPerSecond: 50 });
  const router = await startLocalRouter(t, {
    providers: { ...providers, openai: { ...providers.openai, timeouts: { firstByteMs: 1_000 } } },
    routing: { fallbacks: { "*": "openai/gpt-6-luna" } },
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
  });
  simulated.anthropic.behave({ fault: { kind: "overloaded" } });
  for (const model of ["openai/gpt-6-luna", "claude-sonnet-5"]) {
    const sentAt = performance.now();
    const answer = await fetch(`${router.url}/v1/messages`, {
      method: "POST",
      headers: { "anthropic-version": "2023-06-01" },
      body: JSON.stringify({ model, max_tokens: 500, stream: true, messages: [{ role: "user", content: "Hi" }] }),
    });
    const waitedMs = performance.now() - sentAt;
    const overheadMs = Number(answer.headers.get("x-ccr-overhead-ms"));
    assert.equal(answer.headers.get("x-ccr-provider"), "openai");
    assert.ok(overheadMs < waitedMs / 2, `${model}: ${overheadMs} of ${waitedMs} ms`);
    await answer.body?.cancel();
  }
  simulated.openai.behave({ fault: { kind: "hang" } });
  const { id, status } = await ask({ router, simulated }, "claude-sonnet-5");
  assert.equal(status, 504);
  const { record } = await waitUntil("the call is in the ledger", async () => {
    const found = await fetch(`${router.url}/api/calls/${id}`);
    return found.ok && ((await found.json()) as { record: { durationMs: number; providerMs: number } });
  });
  assert.ok(record.providerMs > record.durationMs / 2, `${record.providerMs} of ${record.durationMs} ms`);
});

test("traces go to a collector, below which the provider's part belongs", async (t) => {
  const { endpoint, received } = await startCollector(t);
  const bench = await startMonitoredRouter(t, {
    monitoring: { otlp: { endpoint, headers: { authorization: "Bearer collector" } }, traces: { sampleRatio: 1 } },
  });
  await ask(bench, "anthropic/claude-sonnet-4-5");
  const sent = String(bench.simulated.anthropic.requests.at(-1)?.headers["traceparent"]);
  assert.match(sent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  const { request, body } = await waitUntil("the batch is sent", () => received[0]);
  assert.equal(request.url, "/v1/traces");
  assert.equal(request.headers.authorization, "Bearer collector");
  const [, traceId = "", spanId = ""] = sent.split("-");
  assert.ok(body.includes(traceId) && body.includes(spanId) && body.includes("gen_ai.request.model"));
});
