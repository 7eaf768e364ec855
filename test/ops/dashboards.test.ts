/**
 * The dashboards against the real thing: Prometheus with the exporters scrapes routers under mixed load, and every query of every
 * panel has an answer, that means what the panel says.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { before, after, suite, test } from "node:test";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { grafanaFiles } from "../../src/alerting/dashboards/grafana/grafana-files.ts";
import { buildOpsFiles } from "../../src/alerting/build-ops-files.ts";
import { configSchema } from "../../src/config/schema.ts";
import { findPrograms } from "../../src/alerting/local/installed-programs.ts";
import { startNodeExporter, startPrometheus, startRedisExporter } from "../../src/alerting/local/local-programs.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import type { SimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { panelQueries, parseDashboard, replaceVariables, variableQueries } from "./grafana-queries.ts";
import type { PanelQuery } from "./grafana-queries.ts";
import { runMixedLoad, startMixedRouter } from "./mixed-load.ts";
import { PrometheusClient } from "./prometheus-client.ts";

const redisUrl = "redis://127.0.0.1:6379";
const rateInterval = "30s";

const { alerting } = configSchema.parse({});
const dashboards = grafanaFiles(alerting).flatMap(({ path, text }) => (path.endsWith(".json") ? [parseDashboard(text)] : []));
const queries = dashboards.flatMap(panelQueries);

/** Panels that may show nothing, each with the reason. */
const mayBeEmpty: Readonly<Record<string, string>> = {
  "Folded label sets": "needs two thousand label sets of one metric",
  "Days until a certificate expires": "the simulated providers speak no TLS",
  "Forecast of the budgets": "is none on the first three days of a month",
};

const programs = findPrograms(process.env["PATH"] ?? "");
const missing = Object.entries(programs).flatMap(([name, file]) => (file === null ? [name] : []));
const hasRedis = spawnSync("redis-cli", ["-h", "127.0.0.1", "ping"], { encoding: "utf8" }).stdout?.trim() === "PONG";
const skip = missing.length > 0 ? `not installed: ${missing.join(", ")}` : hasRedis ? false : "Redis does not answer on 127.0.0.1:6379";

interface Bench {
  readonly prometheus: PrometheusClient;
  /** A router whose calls are counted: what its panels show is known. */
  readonly counted: RouterProcess;
  /** What the first call of each model cost: a series of costs is born with it, and rates see only what comes after. */
  readonly costBeforeUsd: number;
}

const firstModels = ["groq/openai/gpt-oss-120b", "anthropic/claude-sonnet-4-5", "anthropic/claude-haiku-4-5"];
/** The first ones among them. */
const good = 14 + firstModels.length;
const lost = 6;
/** Of the good ones, so many were lost by a provider first. */
const rescued = 4;

suite("every dashboard on a real Prometheus", { skip }, () => {
  const cleaners: (() => void | Promise<void>)[] = [];
  let bench: Bench;

  before(async () => {
    bench = await startBench({ after: (clean) => void cleaners.push(clean) });
  });
  after(async () => {
    for (const clean of cleaners.reverse()) await clean();
  });

  const run = (query: PanelQuery, chosen: Readonly<Record<string, string>> = {}) =>
    bench.prometheus.query(replaceVariables(query.expr, rateInterval, chosen));

  test("every query of every panel has an answer", async () => {
    const empty: string[] = [];
    for (const query of queries) {
      const samples = await run(query);
      const isEmpty = samples.every(({ value }) => Number.isNaN(value));
      if (isEmpty && mayBeEmpty[query.panel] === undefined) empty.push(`${query.dashboard}, ${query.panel}: ${query.expr}`);
    }
    assert.deepEqual(empty, []);
  });

  test("every variable has something to choose, and every annotation's query is one", async () => {
    for (const dashboard of dashboards) {
      for (const { name, selector, label } of variableQueries(dashboard)) {
        const values = await bench.prometheus.labelValues(label, replaceVariables(selector, rateInterval));
        assert.ok(values.length > 0, `${dashboard.uid}: ${name}`);
      }
      for (const { expr } of dashboard.annotations.list) {
        if (expr !== undefined) await bench.prometheus.query(replaceVariables(expr, rateInterval));
      }
    }
  });

  test("every step of a call has a name that the catalog knows", async () => {
    assert.deepEqual(await bench.prometheus.query('ccr_step_duration_seconds_count{step="_other"}'), []);
  });

  /** What a panel shows of the router whose calls are counted. */
  const shown = async (dashboard: string, panel: string, more: Readonly<Record<string, string>> = {}) => {
    const found = queries.filter((query) => query.dashboard === dashboard && query.panel === panel);
    assert.ok(found.length > 0, `no panel ${panel}`);
    return (await Promise.all(found.map((query) => run(query, { instance: `127.0.0.1:${bench.counted.port}`, ...more })))).flat();
  };
  const only = async (dashboard: string, panel: string): Promise<number> => {
    const samples = await shown(dashboard, panel);
    assert.equal(samples.length, 1, panel);
    return samples[0]!.value;
  };
  const isNear = (value: number, wanted: number, what: string): void =>
    assert.ok(Math.abs(value - wanted) < 1e-9, `${what}: ${value}, not ${wanted}`);

  test("the error rate is the share of failures that was injected", async () => {
    isNear(await only("ccr-operations", "Error Rate"), lost / (good + lost), "error rate");
    const [byRoute] = (await shown("ccr-operations", "Error rate by route")).filter(
      ({ labels }) => labels["route"] === "/v1/messages",
    );
    isNear(byRoute!.value, lost / (good + lost), "error rate of the route");
  });

  test("the failed part of a provider's attempts counts attempts, not calls", async () => {
    const parts = await shown("ccr-providers", "Failed part of the attempts");
    const of = (provider: string): number => parts.find(({ labels }) => labels["provider"] === provider)?.value ?? Number.NaN;
    isNear(of("openai"), 1, "openai");
    isNear(of("anthropic"), 0, "anthropic");
    isNear(await only("ccr-latency", "Calls that needed more than one attempt"), rescued / (good + lost), "tried again");
  });

  test("quantiles lie where the provider's time put them", async () => {
    const median = (await shown("ccr-latency", "From start to first byte to end"))[2]!;
    assert.ok(median.value > 0 && median.value < 0.2, `median ${median.value}`);
    const latency = (await shown("ccr-providers", "Duration of attempts, 95 %")).find(
      ({ labels }) => labels["provider"] === "groq",
    );
    assert.ok(latency !== undefined && latency.value > 0.25 && latency.value <= 0.5, `groq ${latency?.value}`);
  });

  test("cost per call is the ledger's, but for what Prometheus adds at the window's edges", async () => {
    const spent = await waitUntil("all calls are in the ledger", () => spentUsd(bench.counted, good + lost));
    const perCall = (spent - bench.costBeforeUsd) / good;
    const shownPerCall = await only("ccr-costs", "Cost per call");
    assert.ok(perCall > 0 && Math.abs(shownPerCall / perCall - 1) < 0.15, `${shownPerCall}, not ${perCall}`);
  });
});

async function startBench(t: CleansUp): Promise<Bench> {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const own = await runSimulatedProviders();
  t.after(() => own.close());
  const mixed = await startMixedRouter(t, simulated, redisUrl);
  const counted = await startRouter(t, {
    configuration: {
      // Named models: their series begin at zero, as rates want it.
      providers: {
        ...own.configuration.providers,
        openai: { ...own.configuration.providers.openai, models: ["gpt-4.1"] },
        deepseek: { ...own.configuration.providers.deepseek, models: ["deepseek-chat"] },
        groq: { ...own.configuration.providers.groq, models: ["openai/gpt-oss-120b"] },
      },
      routing: { fallbacks: { "openai/gpt-4.1": "anthropic/claude-haiku-4-5" }, affinity: { enabled: false } },
      retries: { attemptsPerTarget: 1 },
    },
  });
  const prometheus = await scrape(t, [mixed.router, counted]);
  for (const model of firstModels) await ask(counted, model);
  const costBeforeUsd = await waitUntil("the first calls are in the ledger", () => spentUsd(counted, firstModels.length));
  await nextScrape(prometheus);
  await runCounted(counted, own);
  for (let round = 0; round < 4; round++) {
    await runMixedLoad(mixed, simulated, round);
    await nextScrape(prometheus);
  }
  await nextScrape(prometheus);
  await waitUntil("the slowest rules have been evaluated", async () => {
    return (await prometheus.query("slo:error_budget_remaining:ratio")).length === 4;
  });
  return { prometheus, counted, costBeforeUsd };
}

async function scrape(t: CleansUp, routers: readonly RouterProcess[]): Promise<PrometheusClient> {
  const folder = createTemporaryFolder(t);
  const place = (name: keyof typeof programs) => ({ command: programs[name]!, folder: join(folder, name) });
  const node = await startNodeExporter(place("nodeExporter"));
  t.after(() => node.program.stop());
  const redis = await startRedisExporter(place("redisExporter"), redisUrl);
  t.after(() => redis.program.stop());
  const job = (name: string, ports: readonly number[]): object => ({
    job_name: name,
    static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`) }],
  });
  const config = {
    global: { scrape_interval: "500ms", scrape_timeout: "500ms", evaluation_interval: "500ms" },
    rule_files: ["recording_rules.yml", "alert_rules.yml"],
    scrape_configs: [
      job("claude-code-router", routers.map(({ port }) => port)),
      job("node-exporter", [node.port]),
      job("redis", [redis.port]),
    ],
  };
  const { text: rules } = buildOpsFiles({ alerting, timeScale: 30 }).find(({ path }) => path.endsWith("recording_rules.yml"))!;
  const alerts = {
    groups: [{ name: "test", rules: [{ alert: "Test", expr: "vector(1)", labels: { severity: "warning" } }] }],
  };
  const files = { "recording_rules.yml": rules, "alert_rules.yml": JSON.stringify(alerts) };
  const program = await startPrometheus(place("prometheus"), JSON.stringify(config), files);
  t.after(() => program.program.stop());
  const client = new PrometheusClient(program.url);
  await waitUntil("all are scraped", async () => (await client.value("sum(up)")) === routers.length + 2, 20_000);
  return client;
}

/** Resolves when what has happened until now is in Prometheus. */
async function nextScrape(prometheus: PrometheusClient): Promise<void> {
  const sinceMs = Date.now();
  await waitUntil("all were scraped again", async () => {
    const oldest = await prometheus.value('min(timestamp(up{job="claude-code-router"}))');
    return oldest !== null && oldest * 1000 > sinceMs;
  });
}

/** Calls whose end is known: `good` answered, `rescued` of them after a failure, `lost` with a 500. */
async function runCounted(router: RouterProcess, simulated: SimulatedProviders): Promise<void> {
  simulated.openai.behave({ fault: { kind: "status", status: 500 } });
  simulated.deepseek.behave({ fault: { kind: "status", status: 500 } });
  simulated.groq.behave({ firstTokenMs: 300 });
  const statuses: number[] = [];
  for (let call = 0; call < good - rescued - firstModels.length; call++) {
    statuses.push(await ask(router, call < 2 ? "groq/openai/gpt-oss-120b" : "anthropic/claude-sonnet-4-5"));
  }
  for (let call = 0; call < rescued; call++) statuses.push(await ask(router, "openai/gpt-4.1"));
  for (let call = 0; call < lost; call++) statuses.push(await ask(router, "deepseek/deepseek-chat"));
  assert.deepEqual(
    statuses.map((status) => status >= 500),
    [...Array<boolean>(good - firstModels.length).fill(false), ...Array<boolean>(lost).fill(true)],
  );
}

async function ask({ url }: RouterProcess, model: string): Promise<number> {
  const body = { model, max_tokens: 32, messages: [{ role: "user", content: "Hi" }] };
  const answer = await fetch(`${url}/v1/messages`, { method: "POST", body: JSON.stringify(body) });
  await answer.arrayBuffer();
  return answer.status;
}

/** What the ledger's file says of all calls; null while it has not got so many. Asking the router would count as requests. */
function spentUsd({ stateFolder }: RouterProcess, calls: number): number | null {
  const ledger = new DatabaseSync(join(stateFolder, "ledger.sqlite"), { readOnly: true });
  try {
    const row = ledger.prepare("SELECT count(*) AS calls, sum(cost_nano_usd) AS cost FROM calls").get();
    return row?.["calls"] === calls ? Number(row["cost"]) / 1e9 : null;
  } finally {
    ledger.close();
  }
}
