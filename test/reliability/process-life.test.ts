/** Stops, kills, restarts and reloads of the real program while it is under load. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { freePort } from "../../src/alerting/local/free-port.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { runCli } from "../kit/run-cli.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { openStream } from "../kit/sse-client.ts";
import { cpuSeconds } from "../../bench/rig/process-facts.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { startLoad } from "./load.ts";
import { healthyModel, question, simulate } from "./steady-callers.ts";

const asked = { model: healthyModel, ...question };
const mixed = [asked, { ...asked, stream: true }];

function configurationFor(provider: SimulatedProvider, more: JsonObject = {}): JsonObject {
  return { providers: { healthy: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "h" } }, ...more };
}

function rowIds(stateFolder: string): ReadonlySet<string> {
  const database = new DatabaseSync(join(stateFolder, "ledger.sqlite"), { readOnly: true });
  try {
    return new Set(
      database
        .prepare("SELECT id FROM calls")
        .all()
        .map((row) => String(row["id"])),
    );
  } finally {
    database.close();
  }
}

test("kill -9 under load: the next start is ready on the same port and folder, and no call settled 100 ms before is lost", async (t) => {
  const provider = await simulate(t);
  const stateFolder = createTemporaryFolder(t);
  const configuration = configurationFor(provider, { server: { port: await freePort() } });
  const first = await startRouter(t, { configuration, stateFolder });
  const firstSeconds = cpuSeconds(first.pid);
  const load = startLoad(t, first.url, 8, mixed);
  await waitUntil("calls were served", () => load.counts.whole.length > 300);
  const killedMs = performance.now();
  first.signal("SIGKILL");
  await first.exited;
  const second = await startRouter(t, { configuration, stateFolder });
  // How long a start takes is said elsewhere: here, that what a killed router leaves does not make it much longer.
  const took = `${firstSeconds} s of processor time until the first was ready, ${cpuSeconds(second.pid)} s for the second`;
  t.diagnostic(took);
  assert.ok(cpuSeconds(second.pid) < 3 * firstSeconds, took);
  const served = load.counts.whole.length;
  await waitUntil("calls are served again", () => load.counts.whole.length > served + 50);
  await load.stop();
  assert.match(second.output(), /an earlier router ended without cleaning up/);
  assert.equal(await second.stop(), 0, second.output());
  const rows = rowIds(stateFolder);
  const settled = load.counts.whole.filter(({ atMs }) => atMs < killedMs - 100 || atMs > killedMs + 100);
  const lost = settled.filter(({ id }) => !rows.has(id));
  assert.deepEqual(lost, [], `of ${settled.length}`);
});

/** A router with a stream under way that lasts some time. */
async function startWithStream(
  t: TestContext,
  gracePeriodMs: number,
): Promise<{ router: RouterProcess; stream: Awaited<ReturnType<typeof openStream>> }> {
  const provider = await simulate(t);
  provider.behave({ tokensPerSecond: 100, answerTokens: 60 });
  const router = await startRouter(t, { configuration: configurationFor(provider, { server: { gracePeriodMs } }) });
  const stream = await openStream(`${router.url}/v1/messages`, { ...asked, stream: true });
  await waitUntil("the stream has begun", () => stream.events.length > 2);
  return { router, stream };
}

test("SIGTERM: streams under way end whole, new connections are refused, the exit code is 0", async (t) => {
  const { router, stream } = await startWithStream(t, 10_000);
  router.signal("SIGTERM");
  await waitUntil("it says so", () => router.output().includes("stopping"));
  await assert.rejects(once(connect(router.port, "127.0.0.1"), "connect"), /ECONNREFUSED/);
  assert.equal(await stream.ended, "whole");
  assert.equal(stream.events.at(-1)?.event, "message_stop");
  assert.equal(await router.exited, 0, router.output());
});

test("SIGTERM with a call that has no answer yet: 503 at the end of the grace period, never silence", async (t) => {
  const provider = await simulate(t);
  provider.behave({ fault: { kind: "hang" } });
  const router = await startRouter(t, {
    configuration: configurationFor(provider, { server: { gracePeriodMs: 200 } }),
  });
  const answer = fetch(`${router.url}/v1/messages`, { method: "POST", body: JSON.stringify(asked) });
  await waitUntil("the provider works on it", () => provider.counts().running === 1);
  router.signal("SIGTERM");
  const { status, headers } = await answer;
  assert.equal(status, 503);
  assert.equal(headers.get("retry-after"), "1");
  await waitUntil("the provider is told", () => provider.counts().aborted === 1);
  assert.equal(await router.exited, 0, router.output());
});

test("a second SIGTERM: the process ends at once", async (t) => {
  const { router, stream } = await startWithStream(t, 60_000);
  router.signal("SIGTERM");
  await waitUntil("it says so", () => router.output().includes("stopping"));
  router.signal("SIGTERM");
  assert.equal(await router.exited, 1);
  assert.equal(await stream.ended, "broken");
});

test("reloads under load, by SIGHUP, file and API, good files and bad: no call fails, a bad file leaves the old one in use and says so", async (t) => {
  const provider = await simulate(t);
  const router = await startRouter(t, { configuration: configurationFor(provider) });
  const load = startLoad(t, router.url, 6, mixed);
  await waitUntil("calls are served", () => load.counts.whole.length > 20);
  const reloads = (): number => router.output().split("the configuration was reloaded").length - 1;
  const after = async (what: string, act: () => unknown): Promise<void> => {
    const before = reloads();
    await act();
    await waitUntil(`it is reloaded by ${what}`, () => reloads() > before);
  };
  await after("SIGHUP", () => router.signal("SIGHUP"));
  await after("a changed file", () =>
    router.writeConfiguration(configurationFor(provider, { aliases: { fast: healthyModel } })),
  );
  await after("the API", () => fetch(`${router.url}/api/reload`, { method: "POST" }));
  router.writeConfiguration({ providers: { healthy: { knid: "anthropic" } } });
  await waitUntil("the bad file is refused", () => /refused; the old one stays in use/.test(router.output()));
  const refused = await fetch(`${router.url}/api/reload`, { method: "POST" });
  assert.ok(refused.status >= 400, `status ${refused.status}`);
  assert.match(await refused.text(), /did you mean `kind`/);
  const served = load.counts.whole.length;
  await waitUntil("calls go on", () => load.counts.whole.length > served + 50);
  await load.stop();
  assert.deepEqual(load.counts.failures, []);
});

test("a configuration behind links that move, as Kubernetes mounts it: the new one is taken", async (t) => {
  const provider = await simulate(t);
  const router = await startRouter(t, { configuration: configurationFor(provider) });
  const file = router.configurationFile;
  const data = join(dirname(file), "..data");
  /** Puts a folder with `content` in the place of the one that all links lead to. */
  const mount = (version: string, content: string): void => {
    mkdirSync(join(dirname(file), version));
    writeFileSync(join(dirname(file), version, basename(file)), content);
    symlinkSync(version, `${data}_tmp`);
    renameSync(`${data}_tmp`, data);
  };
  const reloads = (): number => router.output().split("the configuration was reloaded").length - 1;
  const given = readFileSync(file, "utf8");
  mount("..first", given);
  symlinkSync(join("..data", basename(file)), `${file}_tmp`);
  renameSync(`${file}_tmp`, file);
  await waitUntil("the link is taken", () => reloads() === 1);
  mount("..second", JSON.stringify({ ...(JSON.parse(given) as object), aliases: { fast: healthyModel } }));
  await waitUntil("what it leads to now is taken", () => reloads() === 2);
  const answer = await fetch(`${router.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ ...asked, model: "fast" }),
  });
  assert.equal(answer.status, 200, await answer.text());
});

test("a reload that replaces a provider: streams end on the old one, retries too, and its sockets close afterwards", async (t) => {
  const old = await simulate(t);
  const next = await simulate(t);
  old.behave({ tokensPerSecond: 100, answerTokens: 60 });
  const router = await startRouter(t, { configuration: configurationFor(old) });
  const stream = await openStream(`${router.url}/v1/messages`, { ...asked, stream: true });
  await waitUntil("the stream has begun", () => stream.events.length > 2);
  // Fails once the old runtime is replaced: its second attempt needs the old connections still.
  old.behaveNext({ firstTokenMs: 500, fault: { kind: "status", status: 503 } });
  const retried = fetch(`${router.url}/v1/messages`, { method: "POST", body: JSON.stringify(asked) });
  await waitUntil("both are at the old provider", () => old.counts().running === 2);
  router.writeConfiguration(configurationFor(next));
  await waitUntil("it is reloaded", () => router.output().includes("the configuration was reloaded"));
  const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: JSON.stringify(asked) });
  assert.equal(answer.status, 200);
  assert.equal(next.requests.length, 1);
  assert.equal((await retried).status, 200, router.output());
  assert.equal(await stream.ended, "whole");
  assert.equal(stream.events.at(-1)?.event, "message_stop");
  await waitUntil("the old provider's sockets are closed", () => old.counts().openConnections === 0);
});

test("a revoked key: refused within a second, under load, while other keys go on", async (t) => {
  const provider = await simulate(t);
  const folder = createTemporaryFolder(t);
  const stateFolder = join(folder, "state");
  const create = async (user: string): Promise<string> =>
    (await runCli(["keys", "create", "--user", user], { folder })).stdout.trim();
  const [kept, revoked] = [await create("kept"), await create("revoked")];
  const router = await startRouter(t, { configuration: configurationFor(provider), stateFolder });
  const statusOf = async (key: string): Promise<number> => {
    const headers = { "x-api-key": key };
    const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", headers, body: JSON.stringify(asked) });
    await answer.text();
    return answer.status;
  };
  assert.deepEqual([await statusOf(kept), await statusOf(revoked)], [200, 200]);
  const listed = await runCli(["keys", "list", "--json"], { folder });
  const keys = JSON.parse(listed.stdout) as { id: string; user: string }[];
  await runCli(["keys", "revoke", keys.find(({ user }) => user === "revoked")?.id ?? ""], { folder });
  await waitUntil("it is refused", async () => (await statusOf(revoked)) === 401, 1_000);
  assert.equal(await statusOf(kept), 200);
});
