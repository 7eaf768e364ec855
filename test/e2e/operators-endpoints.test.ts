/** The endpoints below /api and /debug: who may ask them, by which methods, and a processor's profile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hashKey } from "../../src/config/keys-file.ts";
import { startMonitoredRouter } from "./monitored-router.ts";

test("a CPU profile is one that browsers open, and one is taken at a time", async (t) => {
  const bench = await startMonitoredRouter(t);
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
  const bench = await startMonitoredRouter(t, { auth: { adminKeyHash: hashKey(adminKey) } });
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
  const bench = await startMonitoredRouter(t);
  const headers = { "sec-fetch-site": "cross-site" };
  for (const path of ["/debug/heap-snapshot", "/debug/profile?seconds=1"]) {
    assert.equal((await fetch(bench.router.url + path, { headers })).status, 403, path);
  }
});

test("HEAD, by which checkers of links ask, makes no snapshot and no profile", async (t) => {
  const bench = await startMonitoredRouter(t);
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
  const { router } = await startMonitoredRouter(t);
  for (const [path, allow] of [
    ["/v1/models", "GET, HEAD"],
    ["/api/cache/stats", "GET, HEAD"],
    ["/api/cache/clear", "POST"],
  ] as const) {
    const answer = await fetch(router.url + path, { method: "DELETE" });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, allow], path);
  }
});
