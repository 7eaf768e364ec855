/** Monitoring through the whole router: what operators read after real calls over real sockets. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { addKey, hashKey } from "../../src/config/keys-file.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import type { SimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

interface Bench {
  readonly router: LocalRouter;
  readonly simulated: SimulatedProviders;
}

async function start(t: CleansUp, settings: object = {}): Promise<Bench> {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const router = await startLocalRouter(t, {
    providers: simulated.configuration.providers,
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
    ...settings,
  });
  return { router, simulated };
}

const bash = {
  name: "Bash",
  description: "Runs a command",
  input_schema: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
};

/** Asks in the Anthropic dialect and answers the call's id, with the body as text. */
async function ask(
  { router }: Bench,
  model: string,
  content = "How are you?",
  more: { readonly headers?: Record<string, string>; readonly body?: object } = {},
): Promise<{ readonly id: string; readonly status: number; readonly text: string }> {
  const body = { model, max_tokens: 256, messages: [{ role: "user", content }], ...more.body };
  const answer = await fetch(`${router.url}/v1/messages`, {
    method: "POST",
    headers: { "anthropic-version": "2023-06-01", ...more.headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return { id: answer.headers.get("x-ccr-request-id") ?? "", status: answer.status, text };
}

async function read<Body>({ router }: Bench, path: string): Promise<Body> {
  const answer = await fetch(router.url + path);
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as Body;
}

async function scrape({ router }: Bench): Promise<string> {
  return (await fetch(`${router.url}/metrics`)).text();
}

function post({ router }: Bench, path: string, body: unknown): Promise<Response> {
  return fetch(router.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

function valueOf(metrics: string, series: string): number {
  const line = metrics.split("\n").find((one) => one.startsWith(`${series} `));
  assert.ok(line !== undefined, `${series} is missing`);
  return Number(line.slice(series.length + 1));
}

interface Received {
  readonly request: IncomingMessage;
  readonly body: string;
}

/** A server that takes everything, as an OpenTelemetry collector does. */
async function startCollector(
  t: CleansUp,
): Promise<{ readonly endpoint: string; readonly received: readonly Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      received.push({ request, body });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

interface Operation {
  readonly operation: string;
  readonly count: number;
  readonly p50Duration: number;
  readonly p99Duration: number;
  readonly maxDuration: number;
  readonly avgMemoryUsage: number | null;
}

test("/api/performance shows the steps of calls, and the heap's change where nothing interrupts", async (t) => {
  const bench = await start(t);
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
  const bench = await start(t);
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
  const bench = await start(t);
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
  const bench = await start(t);
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

test("traces go to a collector, below which the provider's part belongs", async (t) => {
  const { endpoint, received } = await startCollector(t);
  const bench = await start(t, {
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

test("models that a provider serves earn a label, invented ones and unknown paths do not", async (t) => {
  const bench = await start(t);
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
  const bench = await start(t, { auth: { keys: [key] } });
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
  const bench = await start(t, { server: { maxCalls: 1 } });
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
  const bench = await start(t, { auth: { keysFile } });
  const series = (status: number): string =>
    `ccr_requests_total{method="POST",route="/v1/messages",status_code="${status}",provider="openai",user_tier="premium"}`;
  const asked = await ask(bench, "openai/gpt-4.1", "How are you?", { headers: { "x-api-key": key } });
  assert.equal(asked.status, 200);
  const metrics = await scrape(bench);
  assert.deepEqual([valueOf(metrics, series(200)), valueOf(metrics, series(503))], [1, 0]);
});

test("breakers, budgets, log folders and the configuration are in the metrics", async (t) => {
  const bench = await start(t, {
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

interface Quality {
  readonly targets: readonly {
    readonly provider: string;
    readonly model: string;
    readonly quality: number;
    readonly satisfaction: number;
    readonly answers: number;
  }[];
}

for (const [what, model] of [
  ["that passes through", "anthropic/claude-sonnet-4-5"],
  ["that is translated", "openai/gpt-4.1"],
] as const) {
  for (const stream of [true, false]) {
    test(`an answer ${what} is judged by its text and its tools' input (${stream ? "streamed" : "whole"})`, async (t) => {
      const bench = await start(t);
      const qualityAfter = async (content: string, count: number): Promise<number> => {
        await ask(bench, model, content, { body: { tools: [bash], stream } });
        const target = await waitUntil("it is judged", async () => {
          const { targets } = await read<Quality>(bench, "/api/quality");
          return targets.find((one) => one.answers > count - 0.5);
        });
        return target.quality;
      };
      const good = await qualityAfter('[[tool:Bash {"command":"ls"}]]', 1);
      const wrongInput = await qualityAfter('[[tool:Bash {"command":5}]]', 2);
      assert.ok(wrongInput < good);
      const loop = await qualityAfter(`[[say:${"again and again, ".repeat(30)}]]`, 3);
      assert.ok(loop < wrongInput + 0.05);
      const refusal = await qualityAfter("[[say:I'm sorry, but I can't help with that.]]", 4);
      assert.ok(refusal < loop);
      const sums = [...(await scrape(bench)).matchAll(/^ccr_response_quality_score_bucket\{.*le="0\.3"\} (\d+)$/gm)];
      assert.equal(
        sums.reduce((sum, [, count]) => sum + Number(count), 0),
        3,
      );
    });
  }
}

function toolEvent(name: string, attributes: Readonly<Record<string, string>>): object {
  const list = Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));
  const record = { body: { stringValue: `claude_code.${name}` }, attributes: list };
  return { resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ logRecords: [record] }] }] };
}

test("a rejected edit lowers the score of exactly the provider that wrote it", async (t) => {
  const bench = await start(t);
  const ids: string[] = [];
  for (const model of ["anthropic/claude-sonnet-4-5", "openai/gpt-4.1"]) {
    const { text } = await ask(bench, model, '[[tool:Bash {"command":"ls"}]]', {
      body: { tools: [bash], stream: true },
    });
    ids.push(/"type":"tool_use","id":"([^"]+)"/.exec(text)?.[1] ?? "");
  }
  assert.ok(ids.every((id) => id !== ""));
  await waitUntil("both are judged", async () => (await read<Quality>(bench, "/api/quality")).targets.length === 2);
  const event = { tool_use_id: ids[1]!, decision: "reject", source: "user_reject", tool_name: "Edit" };
  const answer = await post(bench, "/v1/logs", toolEvent("tool_decision", event));
  assert.equal(answer.status, 200);
  const { targets } = await read<Quality>(bench, "/api/quality");
  const [anthropic, openai] = ["anthropic", "openai"].map((name) => targets.find((one) => one.provider === name));
  assert.equal(anthropic?.satisfaction, 0.5);
  assert.ok(openai !== undefined && openai.satisfaction < 0.4);
  const metrics = await scrape(bench);
  assert.equal(valueOf(metrics, 'ccr_tool_decisions_total{provider="openai",decision="reject"}'), 1);
  assert.ok(!metrics.includes('ccr_tool_decisions_total{provider="anthropic",decision="reject"} 1'));
  const score = valueOf(metrics, 'ccr_user_satisfaction_score{user_tier="standard",provider="openai"}');
  assert.ok(Math.abs(score - openai.satisfaction) < 0.001);
});

test("telemetry is answered with 200 whatever it is, in the encoding that it came in", async (t) => {
  const bench = await start(t);
  for (const path of ["/v1/logs", "/v1/metrics", "/v1/traces"]) {
    for (const [type, answered] of [
      ["application/json", "{}"],
      ["application/x-protobuf", ""],
    ] as const) {
      for (const encoding of ["identity", "gzip", "unheard-of"]) {
        const headers = { "content-type": type, "content-encoding": encoding };
        const answer = await fetch(bench.router.url + path, { method: "POST", headers, body: "\u0001 no telemetry {" });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get("content-type"), type);
        assert.equal(await answer.text(), answered);
      }
    }
  }
});

test("large telemetry that never ends is held of so many clients only, who need no key; small is read all the same", async (t) => {
  const bench = await start(t);
  const answered: string[] = [];
  const sockets = Array.from({ length: 40 }, () => {
    const socket = connect({ port: Number(new URL(bench.router.url).port), host: "127.0.0.1" });
    socket.on("data", (bytes: Buffer) => answered.push(bytes.toString().slice(0, 12)));
    socket.write("POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-length: 8000000\r\n\r\n{");
    return socket;
  });
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  await waitUntil("all beyond the first 32 have their answer", () => answered.length === 8);
  assert.deepEqual([...new Set(answered)], ["HTTP/1.1 200"]);
  const { text } = await ask(bench, "anthropic/claude-sonnet-4-5", '[[tool:Bash {"command":"ls"}]]', {
    body: { tools: [bash] },
  });
  const [, id = ""] = /"type":"tool_use","id":"([^"]+)"/.exec(text) ?? [];
  await waitUntil("it is judged", async () => (await read<Quality>(bench, "/api/quality")).targets.length === 1);
  await post(
    bench,
    "/v1/logs",
    toolEvent("tool_decision", { tool_use_id: id, decision: "reject", source: "user_reject" }),
  );
  const { targets } = await read<Quality>(bench, "/api/quality");
  assert.ok(targets[0]!.satisfaction < 0.4);
});

test("telemetry is passed on to a collector", async (t) => {
  const { endpoint: telemetryForward, received } = await startCollector(t);
  const bench = await start(t, { monitoring: { telemetryForward } });
  for (const path of ["/v1/logs", "/v1/metrics", "/v1/traces"]) await post(bench, path, {});
  await waitUntil("all three are there", () => received.length === 3);
  assert.deepEqual(received.map(({ request }) => request.url ?? "").toSorted(), [
    "/v1/logs",
    "/v1/metrics",
    "/v1/traces",
  ]);
});

test("feedback goes to the target that served the call; what cannot be right is refused in words", async (t) => {
  const bench = await start(t);
  const { id } = await ask(bench, "anthropic/claude-sonnet-4-5");
  const given = await waitUntil("the call is known", async () => {
    const answer = await post(bench, "/api/feedback", { request_id: id, score: 0, comment: "wrong file" });
    return answer.ok ? answer : null;
  });
  assert.equal(given.status, 200);
  const body = await read<Quality & { feedback: { comment: string; target: string }[] }>(bench, "/api/quality");
  assert.ok(body.targets[0]!.satisfaction < 0.3);
  assert.equal(body.feedback[0]?.comment, "wrong file");
  assert.equal(body.feedback[0].target, "anthropic/claude-sonnet-4-5");
  assert.equal((await post(bench, "/api/feedback", { request_id: "req_unknown", score: 1 })).status, 404);
  for (const wrong of [{}, { request_id: id }, { request_id: id, score: 7 }, { request_id: id, score: "1" }, []]) {
    assert.equal((await post(bench, "/api/feedback", wrong)).status, 400);
  }
});

test("a CPU profile is one that browsers open, and one is taken at a time", async (t) => {
  const bench = await start(t);
  const [first, second] = await Promise.all([
    fetch(`${bench.router.url}/debug/profile?seconds=1`),
    fetch(`${bench.router.url}/debug/profile?seconds=1`),
  ]);
  assert.deepEqual([first.status, second.status].toSorted(), [200, 409]);
  const profile = (await (first.status === 200 ? first : second).json()) as { nodes: unknown[]; samples: unknown[] };
  assert.ok(profile.nodes.length > 0 && profile.samples.length > 0);
  assert.equal((await fetch(`${bench.router.url}/debug/profile?seconds=0`)).status, 400);
});

test("everything below /api and /debug needs the admin key; probes and scrapes do not", async (t) => {
  const adminKey = "an-admin-key-of-some-length";
  const bench = await start(t, { auth: { adminKeyHash: hashKey(adminKey) } });
  const paths = [
    "GET /api/performance", "GET /api/quality", "POST /api/feedback", "GET /api/providers/health", "GET /debug/traces",
    "GET /debug/traces/x", "GET /debug/connections", "GET /debug/circuit-breakers", "POST /debug/heap-snapshot",
    "GET /debug/heap-snapshot", "GET /debug/profile",
  ]; // prettier-ignore
  for (const route of paths) {
    const [method = "", path = ""] = route.split(" ");
    assert.equal((await fetch(bench.router.url + path, { method })).status, 401, route);
  }
  const authorization = `Bearer ${adminKey}`;
  assert.equal((await fetch(`${bench.router.url}/api/performance`, { headers: { authorization } })).status, 200);
  for (const path of ["/health", "/livez", "/readyz?verbose", "/startupz", "/metrics"]) {
    assert.equal((await fetch(bench.router.url + path)).status, 200, path);
  }
});

test("a page of another site can make no snapshot and no profile", async (t) => {
  const bench = await start(t);
  const headers = { "sec-fetch-site": "cross-site" };
  for (const path of ["/debug/heap-snapshot", "/debug/profile?seconds=1"]) {
    assert.equal((await fetch(bench.router.url + path, { headers })).status, 403, path);
  }
});

test("HEAD, by which checkers of links ask, makes no snapshot and no profile", async (t) => {
  const bench = await start(t);
  for (const [path, allow] of [
    ["/debug/heap-snapshot", "POST, GET"],
    ["/debug/profile", "GET"],
  ] as const) {
    const answer = await fetch(bench.router.url + path, { method: "HEAD" });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, allow], path);
  }
  assert.equal((await fetch(`${bench.router.url}/debug/connections`, { method: "HEAD" })).status, 200);
});

test("a wrong method is told all that are taken, HEAD among them", async (t) => {
  const { router } = await start(t);
  for (const [path, allow] of [
    ["/v1/models", "GET, HEAD"],
    ["/api/cache/stats", "GET, HEAD"],
    ["/api/cache/clear", "POST"],
  ] as const) {
    const answer = await fetch(router.url + path, { method: "DELETE" });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, allow], path);
  }
});

test("a provider's list of models tells of trouble before calls do, where probes are wanted", async (t) => {
  const bench = await start(t, { monitoring: { probeEveryMs: 20 } });
  bench.simulated.anthropic.behave({ fault: { kind: "status", status: 500 }, faultPaths: "all" });
  const health = async (): Promise<
    readonly { name: string; status: string; lastError: { message: string } | null }[]
  > => read(bench, "/api/providers/health");
  const sick = await waitUntil("the score has fallen", async () =>
    (await health()).find((one) => one.name === "anthropic" && one.status === "unhealthy"),
  );
  assert.notEqual(sick.lastError, null);
  assert.ok((await health()).some((one) => one.name === "openai" && one.status === "healthy"));
  const asked = bench.simulated.anthropic.requests;
  assert.ok(asked.length > 0 && asked.every(({ method }) => method === "GET"));
});

test("without a wish for probes nothing is sent to a provider", async (t) => {
  const bench = await start(t);
  await ask(bench, "openai/gpt-4.1");
  assert.equal(bench.simulated.anthropic.requests.length, 0);
});
