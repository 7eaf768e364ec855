/** `ccr monitor` as a user runs it: around a real router, until Ctrl-C or until something kills it. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { findPrograms } from "../../src/alerting/local/installed-programs.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { runCli, spawnCli } from "../kit/run-cli.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { PrometheusClient } from "./prometheus-client.ts";

const programs = findPrograms(process.env["PATH"] ?? "");
const missing = Object.entries(programs).flatMap(([name, file]) => (file === null ? [name] : []));
const skip = missing.length > 0 ? `not installed: ${missing.join(", ")}` : false;

interface Told {
  readonly router: { readonly url: string; readonly running: boolean };
  readonly parts: readonly { readonly name: string; readonly url: string }[];
}

interface Monitor {
  readonly child: ChildProcess;
  readonly told: Told;
  readonly env: Readonly<Record<string, string>>;
}

async function startMonitor(t: CleansUp, router: RouterProcess): Promise<Monitor> {
  const env = { CCR_HOME: router.stateFolder };
  const child = spawnCli(["monitor", "--json"], { folder: router.stateFolder, env });
  t.after(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout?.on("data", (piece) => (output += String(piece)));
  const told = await waitUntil("it tells where it watches", () => JSON.parse(output) as Told, 30_000);
  return { child, told, env };
}

async function isAnswering(url: string): Promise<boolean> {
  return fetch(`${url}/metrics`).then(
    (answer) => answer.ok,
    () => false,
  );
}

async function startWatchedRouter(t: CleansUp): Promise<RouterProcess> {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  return startRouter(t, { configuration: { providers: { ...simulated.configuration.providers } } });
}

test("ccr monitor before a start on any free port says that it has no address to watch", async (t) => {
  const folder = createTemporaryFolder(t);
  writeFileSync(join(folder, "ccr.yaml"), "server: { port: 0 }\n");
  const { exitCode, stderr } = await runCli(["monitor"], { folder });
  assert.equal(exitCode, 1);
  assert.match(stderr, /`server\.port: 0` says not where it will be\n\s+`ccr start` first/);
});

test("ccr monitor watches the running router; its alerts reach `ccr alerts`; Ctrl-C ends all that it started", { skip }, async (t) => {
  const router = await startWatchedRouter(t);
  const { child, told, env } = await startMonitor(t, router);
  assert.deepEqual([told.router.running, told.router.url], [true, router.url]);
  assert.deepEqual(told.parts.map(({ name }) => name).sort(), ["Alertmanager", "Prometheus", "node_exporter"]);
  const prometheus = new PrometheusClient(told.parts.find(({ name }) => name === "Prometheus")!.url);
  await waitUntil(
    "the router is scraped",
    async () => (await prometheus.value(`up{job="claude-code-router",instance="127.0.0.1:${router.port}"}`)) === 1,
    30_000,
  );
  await waitUntil(
    "the watchdog has barked",
    async () => {
      const { stdout } = await runCli(["alerts", "--json"], { folder: router.stateFolder, env });
      return stdout.includes("Watchdog");
    },
    60_000,
  );
  child.kill("SIGINT");
  assert.equal(await new Promise((resolve) => child.once("exit", resolve)), 0);
  for (const { url } of told.parts) assert.equal(await isAnswering(url), false, url);
});

test("what ccr monitor started ends when it is killed", { skip }, async (t) => {
  const { child, told } = await startMonitor(t, await startWatchedRouter(t));
  for (const { url } of told.parts) assert.equal(await isAnswering(url), true, url);
  child.kill("SIGKILL");
  for (const { url } of told.parts) await waitUntil(`${url} is gone`, async () => !(await isAnswering(url)));
});

test("without Prometheus ccr monitor says what to install, and fails", async (t) => {
  const child = spawnCli(["monitor"], { folder: createTemporaryFolder(t), env: { PATH: "/nowhere" } });
  const [stderr, exitCode] = await Promise.all([
    text(child.stderr!),
    new Promise((resolve) => child.once("exit", resolve)),
  ]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /^ccr: Prometheus is not installed on this machine\n +`apt-get install prometheus /);
});
