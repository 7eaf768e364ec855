/** What the console stands on: its files, their headers, the endpoints it reads, and who may change something. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { describe, test } from "node:test";
import { Client } from "pg";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { BehaviourChange } from "../../src/simulation/behaviour.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import { createDatabase, noPostgres } from "../kit/postgres-database.ts";
import { openStream } from "../kit/sse-client.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const keys = { auth: { adminKeyHash: sha256("admin-key"), keys: [{ hash: sha256("key-of-ana"), user: "ana" }] } };

async function start(t: CleansUp, settings: object = {}, behaviour: BehaviourChange = {}): Promise<LocalRouter> {
  const provider = await createSimulatedProvider({ kind: "anthropic" });
  provider.behave(behaviour);
  t.after(() => provider.close());
  return startLocalRouter(t, { providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "k" } }, ...settings });
}

async function call(router: LocalRouter, model = "claude-sonnet-4-5", body: object = {}): Promise<void> {
  const messages = [{ role: "user", content: "hi" }];
  const answer = await fetch(`${router.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model, max_tokens: 16, messages, ...body }),
  });
  await answer.text();
}

interface Line {
  readonly id: string;
  readonly askedModel: string;
  readonly outcome: string;
  readonly costNanoUsd: number | null;
  readonly target: object | null;
}

interface Page {
  readonly calls: readonly Line[];
  readonly nextCursor: string | null;
}

async function get<Body>(router: LocalRouter, path: string): Promise<Body> {
  const answer = await fetch(router.url + path);
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as Body;
}

/** The router writes its ledger a moment after the answer. */
function callsInLedger(router: LocalRouter, count: number): Promise<readonly Line[]> {
  return waitUntil(`${count} calls are in the ledger`, async () => {
    const { calls } = await get<Page>(router, "/api/calls?limit=500");
    return calls.length === count ? calls : null;
  });
}

/** A request with headers that fetch would not let through. */
function raw(router: LocalRouter, method: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(router.url + path, { method, headers, agent: false }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode ?? 0));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

describe("the page", () => {
  test("is there for everybody, with and without keys, and holds no data; HEAD / stays 200", async (t) => {
    for (const settings of [{}, keys]) {
      const router = await start(t, settings);
      const page = await fetch(`${router.url}/`);
      assert.equal(page.status, 200);
      assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
      const text = await page.text();
      assert.match(text, /Claude Code Router/);
      assert.doesNotMatch(text, /<script>|<style|style=|onclick|https?:/);
      assert.equal((await fetch(`${router.url}/`, { method: "HEAD" })).status, 200);
    }
  });

  test("lets the browser load nothing from elsewhere, run nothing inline and show it in no frame", async (t) => {
    const router = await start(t);
    const text = await (await fetch(`${router.url}/`)).text();
    const parts = [...text.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => `/${match[1]!}`);
    assert.ok(parts.length > 5);
    for (const path of ["/", ...parts]) {
      const answer = await fetch(router.url + path);
      assert.equal(answer.status, 200, path);
      const policy = answer.headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|http|\*/);
      assert.equal(answer.headers.get("x-frame-options"), "DENY");
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
      assert.equal(answer.headers.get("cache-control"), "no-store");
    }
  });

  test("is all that can be had: no other file, however it is named", async (t) => {
    const router = await start(t);
    for (const name of ["nothing.js", "..%2fconsole.ts", "..%2f..%2f..%2fpackage.json", "__proto__", ""])
      assert.equal(await raw(router, "GET", `/console/${name}`, {}), 404, name);
  });
});

describe("calls", () => {
  test("come newest first, page by page, each once", async (t) => {
    const router = await start(t);
    for (let count = 0; count < 5; count++) await call(router);
    const all = await callsInLedger(router, 5);
    const ids: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: Page = await get(router, `/api/calls?limit=2&cursor=${cursor}`);
      ids.push(...page.calls.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    assert.deepEqual(
      ids,
      all.map(({ id }) => id),
    );
    assert.equal(new Set(ids).size, 5);
  });

  test("are filtered by user, provider, model and outcome", async (t) => {
    const router = await start(t);
    await call(router, "claude-sonnet-4-5");
    await call(router, "claude-haiku-4-5");
    await call(router, "claude-haiku-4-5", { max_tokens: "many" });
    await callsInLedger(router, 3);
    const counts = async (query: string): Promise<number> =>
      (await get<Page>(router, `/api/calls?${query}`)).calls.length;
    assert.deepEqual([await counts("user=local"), await counts("user=ana")], [3, 0]);
    assert.deepEqual([await counts("provider=anthropic"), await counts("provider=openai")], [3, 0]);
    assert.equal(await counts("provider=anthropic&outcome=error"), 1);
    assert.equal(await counts("model=claude-sonnet-4-5"), 1);
    assert.deepEqual([await counts("outcome=success"), await counts("outcome=error")], [2, 1]);
  });

  test("tell in detail why, what was tried and what it cost; the parts of the cost sum to it", async (t) => {
    const router = await start(t);
    await call(router);
    const [line] = await callsInLedger(router, 1);
    interface Detail {
      readonly record: { readonly plan: { readonly targets: readonly object[] }; readonly attempts: readonly object[] };
      readonly costNanoUsd: number;
      readonly prices: { readonly source: string };
      readonly costParts: Record<string, number>;
    }
    const detail = await get<Detail>(router, `/api/calls/${line!.id}`);
    assert.ok(detail.record.plan.targets.length > 0 && detail.record.attempts.length === 1);
    assert.equal(detail.prices.source, "catalog");
    assert.ok(detail.costNanoUsd > 0);
    assert.equal(
      Object.values(detail.costParts).reduce((sum, part) => sum + part, 0),
      detail.costNanoUsd,
    );
    assert.equal((await fetch(`${router.url}/api/calls/req_unknown`)).status, 404);
  });

  test("whose client left in the middle of the answer are not told as answered", async (t) => {
    const router = await start(t, {}, { tokensPerSecond: 20, answerTokens: 2_000 });
    const messages = [{ role: "user", content: "hi" }];
    const body = { model: "claude-sonnet-4-5", max_tokens: 4_000, stream: true, messages };
    const stream = await openStream(`${router.url}/v1/messages`, body);
    await waitUntil("the answer has begun", () => stream.events.length > 2);
    stream.leave();
    const [line] = await callsInLedger(router, 1);
    interface Detail {
      readonly record: { readonly outcome: string; readonly durationMs: number };
      readonly attemptEnds: readonly { readonly errorCode: string | null; readonly endedAfterMs: number }[];
    }
    const { record, attemptEnds } = await get<Detail>(router, `/api/calls/${line!.id}`);
    assert.equal(record.outcome, "aborted");
    assert.deepEqual(
      attemptEnds.map(({ errorCode, endedAfterMs }) => [errorCode, endedAfterMs]),
      [["caller_gone", record.durationMs]],
    );
  });

  test("and costs refuse questions that make no sense, with words", async (t) => {
    const router = await start(t);
    for (const path of [
      "/api/calls?limit=0",
      "/api/calls?limit=501",
      "/api/calls?cursor=1;drop",
      "/api/calls?outcome=fine",
      "/api/calls?estimated=perhaps",
      "/api/calls?user=%00",
      "/api/calls?usr=ana",
      "/api/calls?user=ana&user=bob",
      "/api/calls?format=csv",
      "/api/costs/summary?outcome=error",
      "/api/costs/report?user=ana&user=bob",
      "/api/costs/records?modle=claude-sonnet-4-5",
      "/v1/organizations/spend_limits/effective?period[]=yearly",
      "/api/costs/summary?by=weather",
      "/api/costs/summary?by=session&contains=s",
      "/api/costs/summary?from=yesterday",
      "/api/costs/summary?from=2026-11-22&to=2026-11-21",
    ])
      assert.equal((await fetch(router.url + path)).status, 400, path);
  });
});

test("costs by each dimension, and the pulse, agree with the calls", async (t) => {
  const router = await start(t);
  await call(router, "claude-sonnet-4-5");
  await call(router, "claude-haiku-4-5");
  const calls = await callsInLedger(router, 2);
  const costUsd = calls.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0) / 1e9;
  interface Summary {
    readonly total: { readonly calls: number; readonly costUsd: number };
    readonly lines: readonly { readonly costUsd: number; readonly calls: number }[];
  }
  for (const by of ["user", "team", "model", "provider", "day", "hour"]) {
    const { total, lines } = await get<Summary>(router, `/api/costs/summary?by=${by}`);
    assert.deepEqual([total.calls, total.costUsd], [2, costUsd], by);
    assert.ok(Math.abs(lines.reduce((sum, line) => sum + line.costUsd, 0) - costUsd) < 1e-12, by);
  }
  const haikus = await get<Summary>(router, "/api/costs/summary?by=model&contains=HAIKU&limit=1");
  assert.deepEqual([haikus.total.calls, haikus.lines.map(({ calls }) => calls)], [2, [1]]);
  const pulse = await get<{ activity: { callsPerMinute: number; failedShare: number } }>(router, "/api/overview");
  assert.ok(pulse.activity.callsPerMinute > 0);
  assert.equal(pulse.activity.failedShare, 0);
});

test(
  "the overview comes without the day's costs where another session locks the ledger",
  { skip: noPostgres },
  async (t) => {
    const postgres = await createDatabase(t);
    const router = await start(t, { ledger: { postgres } });
    assert.notEqual((await get<{ today: object | null }>(router, "/api/overview")).today, null);
    const other = new Client({ connectionString: postgres });
    other.on("error", () => undefined); // its database goes before it
    await other.connect();
    const { rows } = await other.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'ccr'",
    );
    await other.query(`BEGIN; LOCK TABLE ${rows.map(({ name }) => `ccr.${name}`).join()} IN ACCESS EXCLUSIVE MODE`);
    const startedMs = performance.now();
    const { today, alerts } = await get<{ today: object | null; alerts: object[] }>(router, "/api/overview");
    assert.deepEqual([today, alerts], [null, []]);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < 15_000, `it took ${tookMs} ms`);
    await other.end();
  },
);

test("no answer of the operators' API is kept, or taken for anything but its type: errors neither", async (t) => {
  const router = await start(t);
  const paths = [
    "/api/status",
    "/api/providers/health",
    "/debug/traces",
    "/metrics",
    "/health",
    "/runbooks/ProviderDown",
  ];
  for (const path of [...paths, "/api/costs/report?format=csv", "/api/calls/none", "/api/calls?limit=0"]) {
    const { headers } = await fetch(router.url + path);
    assert.equal(headers.get("cache-control"), "no-store", path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
  }
});

describe("changes", () => {
  const path = "/debug/circuit-breakers/nobody%2Fnothing/reset";

  test("by a browser need the console's header, which no form can send; programs need none", async (t) => {
    const router = await start(t);
    // There is no such breaker: 404 is what comes of a request that was let through.
    const origin = router.url;
    assert.equal(await raw(router, "POST", path, {}), 404);
    for (const site of ["cross-site", "same-site", "none"])
      assert.equal(await raw(router, "POST", path, { "sec-fetch-site": site }), 403, site);
    assert.equal(await raw(router, "POST", path, { origin }), 403);
    assert.equal(await raw(router, "POST", "/api/reload", { origin, "sec-fetch-site": "same-origin" }), 403);
    assert.equal(await raw(router, "POST", path, { origin, "x-ccr-console": "1" }), 404);
  });

  test("and reading are closed to names that only point here (DNS rebinding), header or not", async (t) => {
    const router = await start(t);
    const headers = { host: `evil.example:${router.port}`, "x-ccr-console": "1" };
    for (const read of ["/api/overview", "/api/calls", "/api/costs/summary", "/api/status"])
      assert.equal(await raw(router, "GET", read, headers), 403, read);
    assert.equal(await raw(router, "POST", path, headers), 403);
    assert.equal(await raw(router, "POST", path, { origin: "http://evil.example", "x-ccr-console": "1" }), 403);
  });

  test("scripts of other sites are never allowed by CORS", async (t) => {
    const router = await start(t);
    for (const target of [path, "/api/calls", "/"]) {
      const answer = await fetch(router.url + target, { method: "OPTIONS" });
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
      assert.ok(answer.status >= 400);
    }
  });

  test("with keys everything but the page needs the admin key, header or not", async (t) => {
    const router = await start(t, keys);
    for (const read of ["/api/overview", "/api/calls", "/api/calls/x", "/api/costs/summary"]) {
      assert.equal(await raw(router, "GET", read, { "x-ccr-console": "1" }), 401, read);
      assert.equal(await raw(router, "GET", read, { authorization: "Bearer key-of-ana" }), 401, read);
    }
    assert.equal(await raw(router, "GET", "/api/calls", { authorization: "Bearer admin-key" }), 200);
  });
});
