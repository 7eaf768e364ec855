/** Runbooks about the service itself, followed while it is down, unseen, or refuses its file. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../../src/alerting/local/free-port.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { followAll, startBench, untilMetric } from "./runbook-bench.ts";

test("the router was killed", async (t) => {
  const bench = await startBench(t);
  const { pid } = JSON.parse(readFileSync(join(bench.stateFolder, "router.json"), "utf8")) as { pid: number };
  process.kill(pid, "SIGKILL");
  await waitUntil("it is gone", async () => (await bench.shell("ccr status")).code === 1);
  await followAll(bench, { ServiceRestarting: /not running/ });
  await followAll(bench, { ServiceDown: /not running[\s\S]*no router answers/ });
  assert.equal((await fetch(`${bench.url}/readyz`)).status, 200);
});

test("the file was changed and refused", async (t) => {
  const bench = await startBench(t);
  bench.configure({ ...bench.configuration, server: { prot: 1 } });
  await untilMetric(bench, /^ccr_config_last_reload_successful 0$/m);
  await followAll(bench, { ConfigReloadFailed: /did you mean `port`[\s\S]*file was refused/ });
  bench.configure(bench.configuration);
  assert.match(await bench.follow("ConfigReloadFailed", "Mitigation"), /"reloaded": true/);
});

test("another program answers where the router is looked for", async (t) => {
  const port = await freePort();
  const bench = await startBench(t, { variables: { CCR_URL: `http://127.0.0.1:${port}` } });
  await startPrometheus(t, bench.folder, port);
  await followAll(bench, {
    ProviderHealthAbsent: /ready; one request[\s\S]*another program is there[\s\S]*go_gc_duration_seconds/,
  });
});

test("Prometheus looks at nothing, and Alertmanager tells of it", async (t) => {
  const [prometheus, alertmanager] = [await freePort(), await freePort()];
  const variables = {
    PROMETHEUS_URL: `http://127.0.0.1:${prometheus}`,
    ALERTMANAGER_URL: `http://127.0.0.1:${alertmanager}`,
    REDIS_URL: "redis://127.0.0.1:6379",
  };
  const bench = await startBench(t, { variables });
  await startPrometheus(t, bench.folder, prometheus);
  await startAlertmanager(t, bench.folder, alertmanager, `${bench.url}/api/alerts/webhook`);
  await fetch(`${variables.ALERTMANAGER_URL}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([{ labels: { alertname: "Watchdog", severity: "none" }, annotations: {} }]),
  });
  await waitUntil("the router heard it", async () => /Watchdog/.test((await bench.shell("ccr alerts")).stdout));
  assert.equal((await bench.shell('ccr ops build --output "$OPS_FOLDER"')).code, 0);
  await followAll(bench, {
    ServiceAbsent: /1 "scrapePool":"something-else"[\s\S]*ready; one request/,
    Watchdog: /Watchdog: last heard \d+ s ago/,
    RedisAbsent: /1 "scrapePool":"something-else"/,
    MachineMetricsAbsent: /1 "scrapePool":"something-else"[\s\S]*load average/,
  });
});

async function startPrometheus(t: CleansUp, folder: string, port: number): Promise<void> {
  const file = join(folder, "prometheus.json");
  const scrapes = [{ job_name: "something-else", static_configs: [{ targets: [`127.0.0.1:${port}`] }] }];
  writeFileSync(file, JSON.stringify({ scrape_configs: scrapes }));
  await startServer(t, `http://127.0.0.1:${port}/-/ready`, "prometheus", [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, "prometheus")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.enable-lifecycle",
  ]);
  const targets = `http://127.0.0.1:${port}/api/v1/targets`;
  await waitUntil("it has its target", async () => (await (await fetch(targets)).text()).includes("something-else"));
}

async function startAlertmanager(t: CleansUp, folder: string, port: number, webhook: string): Promise<void> {
  const file = join(folder, "alertmanager.json");
  const http = { authorization: { credentials: "ccr-admin-key" } };
  const receivers = [{ name: "router", webhook_configs: [{ url: webhook, http_config: http }] }];
  writeFileSync(file, JSON.stringify({ route: { receiver: "router", group_wait: "0s" }, receivers }));
  await startServer(t, `http://127.0.0.1:${port}/-/ready`, "prometheus-alertmanager", [
    `--config.file=${file}`,
    `--storage.path=${join(folder, "alertmanager")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--cluster.listen-address=",
  ]);
}

async function startServer(t: CleansUp, readyUrl: string, program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await waitUntil(`${program} is ready`, async () => (await fetch(readyUrl)).ok, 30_000);
}
