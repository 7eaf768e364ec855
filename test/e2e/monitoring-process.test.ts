/** What the program itself leaves behind and obeys: its log file, its secrets, its signals, its reloads. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { toJsonObject } from "../../src/core/json/json.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import type { SimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

/** Without the shape of any known key: only its being configured tells that it is one. */
const providerKey = "configured-words-that-look-like-nothing";

async function start(
  t: CleansUp,
  settings: object = {},
): Promise<{ readonly router: RouterProcess; readonly simulated: SimulatedProviders }> {
  const simulated = await runSimulatedProviders({ behaviour: { requiredKey: null } });
  t.after(() => simulated.close());
  const { baseUrl } = simulated.configuration.providers.anthropic;
  const configuration = {
    providers: { anthropic: { kind: "anthropic", baseUrl, apiKey: providerKey } },
    retries: { attemptsPerTarget: 1 },
    ...settings,
  };
  return { router: await startRouter(t, { configuration, deadlineMs: 60_000 }), simulated };
}

function ask(router: RouterProcess, content = "Hi"): Promise<Response> {
  return fetch(`${router.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 32, messages: [{ role: "user", content }] }),
  });
}

test("warnings and errors go to logs/error.log, whatever ends the program, and configured keys never do", async (t) => {
  const { router, simulated } = await start(t);
  simulated.anthropic.behave({ fault: { kind: "status", status: 500 } });
  assert.equal((await ask(router)).status, 500);
  // Refuses the configured key, and shows it in its words.
  simulated.anthropic.behave({ fault: null, requiredKey: "another" });
  assert.notEqual((await ask(router)).status, 200);
  await router.stop();
  const file = join(dirname(router.configurationFile), "logs/error.log");
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as { level: string; component?: string; errorCode?: string });
  assert.ok(entries.every(({ level }) => level === "warn" || level === "error"));
  assert.ok(entries.some((entry) => entry.component === "calls" && entry.errorCode === "provider_failed"));
  assert.ok(!lines.some((line) => line.includes(providerKey)) && !router.output().includes(providerKey));
  assert.equal(statSync(file).mode & 0o007, 0);
});

test("SIGUSR2 writes a heap snapshot, prints its real path, and the calls go on", async (t) => {
  const { router } = await start(t);
  router.signal("SIGUSR2");
  const path = await waitUntil(
    "the path is printed",
    () => /^heap snapshot: (.+)$/m.exec(router.output())?.[1],
    60_000,
  );
  assert.ok(path.startsWith(router.stateFolder) && existsSync(path));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal((await ask(router)).status, 200);
  const answer = await fetch(`${router.url}/debug/heap-snapshot`, { method: "POST" });
  const body = (await answer.json()) as { path: string; bytes: number };
  assert.equal(answer.status, 200);
  assert.equal(statSync(body.path).size, body.bytes);
  assert.equal(await router.stop(), 0);
});

test("of a router with workers operators get snapshots of those that serve calls, and the room of all their caches", async (t) => {
  const { router } = await start(t, { server: { workers: 2 }, cache: { enabled: true, l1: { maxBytes: 1_000_000 } } });
  const read = async (path: string, method = "GET"): Promise<JsonObject> =>
    (await (await fetch(router.url + path, { method })).json()) as JsonObject;
  const { workers } = (await read("/debug/heap-snapshot", "POST")) as { workers: { pid: number; path: string }[] };
  const pids = workers.map(({ pid }) => pid).toSorted((a, b) => a - b);
  assert.deepEqual(
    pids,
    ((await read("/livez"))["workers"] as number[]).toSorted((a, b) => a - b),
  );
  for (const { pid, path } of workers) assert.ok(path.includes(`/ccr-${pid}-`) && existsSync(path), path);
  assert.equal(toJsonObject((await read("/api/cache/stats"))["l1"])["maxBytes"], 2_000_000);
});

test("of a router with workers /debug/profile is that of one that serves calls", async (t) => {
  const { router } = await start(t, { server: { workers: 2 } });
  const over = new AbortController();
  const profiling = fetch(`${router.url}/debug/profile?seconds=2`).finally(() => over.abort());
  const long = "word ".repeat(40_000); // work for whoever serves it, none for the parent that keeps the record
  while (!over.signal.aborted)
    await Promise.all(Array.from({ length: 4 }, async () => (await ask(router, long)).text()));
  const { nodes } = (await (await profiling).json()) as { nodes: { callFrame: { functionName: string } }[] };
  // By their names: the built package has them all in one file.
  const steps = new Set(["serveCall", "planCall", "tryTarget", "streamAnswer"]);
  assert.ok(nodes.some(({ callFrame }) => steps.has(callFrame.functionName)));
});

test("with monitoring.heapSnapshotNearLimit the log says where a snapshot would go", async (t) => {
  const { router } = await start(t, { monitoring: { heapSnapshotNearLimit: true } });
  const entry = router.logs.find((log) => log["component"] === "heap-snapshot");
  assert.equal(entry?.["folder"], dirname(router.configurationFile));
});

test("reloads are counted, refused ones too, and /health tells of those", async (t) => {
  const { router, simulated } = await start(t);
  const { baseUrl } = simulated.configuration.providers.anthropic;
  const providers = { anthropic: { kind: "anthropic", baseUrl, apiKey: providerKey } };
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${router.url}/metrics`)).text();
    return Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1),
    );
  };
  router.writeConfiguration({ providers, aliases: { fast: "anthropic/claude-haiku-4-5" } });
  await waitUntil("it was taken", async () => (await metric('ccr_config_reloads_total{result="success"}')) >= 1);
  router.writeConfiguration({ providers, nonsense: true });
  await waitUntil("it was refused", async () => (await metric('ccr_config_reloads_total{result="failure"}')) >= 1);
  assert.equal(await metric("ccr_config_last_reload_successful"), 0);
  assert.ok((await metric("ccr_config_last_reload_timestamp_seconds")) > 1_700_000_000);
  const health = (await (await fetch(`${router.url}/health`)).json()) as {
    status: string;
    reasons: { component: string; reason: string }[];
  };
  assert.equal(health.status, "degraded");
  assert.ok(health.reasons.some(({ component, reason }) => component === "config" && reason !== ""));
  assert.ok((await metric('ccr_log_lines_total{level="error"}')) >= 1);
});

test("/health and /api/status name the instance that answers", async (t) => {
  const { router } = await start(t);
  for (const path of ["/health", "/api/status"]) {
    const { instance } = (await (await fetch(router.url + path)).json()) as { instance: object };
    assert.deepEqual(instance, { host: hostname(), pid: router.pid });
  }
});
