/**
 * The real Prometheus scrapes the router under load, and takes every sample. For six seconds, or for as many as
 * CCR_PROMETHEUS_SECONDS says (a minute: 60).
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

const seconds = Number(process.env["CCR_PROMETHEUS_SECONDS"] ?? 6);
const skip = spawnSync("prometheus", ["--version"]).status === 0 ? false : "prometheus is not installed";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Prometheus {
  /** The values of an instant query. */
  query(expression: string): Promise<readonly number[]>;
  output(): string;
}

async function startPrometheus(t: CleansUp, router: RouterProcess): Promise<Prometheus> {
  const folder = createTemporaryFolder(t);
  const port = await freePort();
  const config = join(folder, "prometheus.yml");
  mkdirSync(join(folder, "data"));
  const own = `127.0.0.1:${port}`;
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: "500ms", scrape_timeout: "500ms" },
      scrape_configs: [
        { job_name: "ccr", static_configs: [{ targets: [`127.0.0.1:${router.port}`] }] },
        { job_name: "prometheus", static_configs: [{ targets: [own] }] },
      ],
    }),
  );
  const child = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=${own}`,
      "--enable-feature=exemplar-storage",
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (output += String(piece)));
  t.after(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
  });
  const query = async (expression: string): Promise<readonly number[]> => {
    const answer = await fetch(`http://${own}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const body = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return body.data.result.map(({ value }) => Number(value[1]));
  };
  await waitUntil("it has scraped the router", async () => (await query('up{job="ccr"}'))[0] === 1, 20_000);
  return { query, output: () => output };
}

/** Calls that succeed, fail, stream and belong to many users, until `signal` says stop. */
async function load(router: RouterProcess, signal: AbortSignal): Promise<number> {
  let calls = 0;
  const models = ["anthropic/claude-sonnet-4-5", "openai/gpt-4.1", "groq/openai/gpt-oss-120b", "nowhere/made-up"];
  const one = async (): Promise<void> => {
    while (!signal.aborted) {
      const model = models[calls++ % models.length];
      const body = { model, max_tokens: 32, stream: calls % 2 === 0, messages: [{ role: "user", content: "Hi" }] };
      const answer = await fetch(`${router.url}/v1/messages`, { method: "POST", body: JSON.stringify(body) });
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: 4 }, one));
  return calls;
}

test(`Prometheus takes every sample for ${seconds} s under load`, { skip }, async (t) => {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const router = await startRouter(t, {
    configuration: { providers: { ...simulated.configuration.providers }, logging: { level: "warn" } },
    env: { CCR_LOG_LEVEL: "info" },
  });
  const prometheus = await startPrometheus(t, router);
  const stop = new AbortController();
  const running = load(router, stop.signal);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  stop.abort();
  const calls = await running;
  assert.ok(calls > seconds * 10, `only ${calls} calls`);
  assert.deepEqual(await prometheus.query(`min_over_time(up{job="ccr"}[${seconds}s])`), [1]);
  for (const reason of ["out_of_order", "duplicate_timestamp", "out_of_bounds"]) {
    assert.deepEqual(await prometheus.query(`sum(prometheus_target_scrapes_sample_${reason}_total)`), [0], reason);
  }
  assert.deepEqual(await prometheus.query("sum(prometheus_target_scrapes_exemplar_out_of_order_total)"), [0]);
  assert.doesNotMatch(prometheus.output(), /level=(?:warn|error)/);
  const [counted = 0] = await prometheus.query('sum(ccr_requests_total{route="/v1/messages"})');
  assert.ok(counted > calls * 0.5);
  // Prometheus asks for OpenMetrics: exemplars came along.
  const [exemplars = 0] = await prometheus.query("max(prometheus_tsdb_exemplar_exemplars_in_storage)");
  assert.ok(exemplars > 0);
});

test("promtool has nothing to say about the live metrics", { skip }, async (t) => {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const router = await startRouter(t, { configuration: { providers: { ...simulated.configuration.providers } } });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  await load(router, stop.signal);
  const input = await (await fetch(`${router.url}/metrics`)).text();
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
  assert.deepEqual([status, stdout, stderr], [0, "", ""]);
});
