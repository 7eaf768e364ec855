import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../alerting/local/free-port.ts";
import { EnhancedMetricsSystem } from "./metrics-system.ts";
import { sampleRecord } from "./sample-record.test.ts";

const target = { provider: "anthropic", model: "claude-sonnet-5" };

interface Answer {
  readonly data: {
    readonly activeTargets?: readonly { readonly health: string; readonly lastError: string }[];
    readonly result?: readonly { readonly value: readonly [number, string] }[];
  };
}

async function ask(base: string, path: string): Promise<Answer["data"] | null> {
  const answer = await fetch(`${base}/api/v1/${path}`).catch(() => null);
  return answer === null || !answer.ok ? null : ((await answer.json()) as Answer).data;
}

async function valueOf(base: string, expression: string): Promise<number | null> {
  const data = await ask(base, `query?query=${encodeURIComponent(expression)}`);
  const value = data?.result?.[0]?.value[1];
  return value === undefined ? null : Number(value);
}

/** Asks until the answer is what is waited for, for at most twenty seconds. */
async function until(question: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await question()) return true;
    await wait(200);
  }
  return false;
}

test("the real Prometheus takes every sample under load, with the trace ids", async (context) => {
  if (spawnSync("prometheus", ["--version"]).error !== undefined) return context.skip("prometheus is not installed");
  const folder = mkdtempSync(join(tmpdir(), "ccr-prometheus-"));
  const metrics = new EnhancedMetricsSystem({ configuration: { targets: [target] } });
  const accepts = new Set<string>();
  const server = createServer((request, response) => {
    accepts.add(String(request.headers.accept));
    void metrics
      .answerScrape(request.headers.accept)
      .then(({ contentType, body }) => response.writeHead(200, { "content-type": contentType }).end(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const load = setInterval(() => metrics.observeCall(sampleRecord({ startedAtMs: Date.now() - 2_010 })), 5);
  const scraped = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const job = {
    job_name: "ccr",
    scrape_interval: "250ms",
    scrape_timeout: "250ms",
    static_configs: [{ targets: [scraped] }],
  };
  // JSON is YAML.
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify({ scrape_configs: [job] }));
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [`--config.file=${join(folder, "prometheus.yml")}`, `--storage.tsdb.path=${join(folder, "data")}`];
  const child = spawn("prometheus", [...flags, `--web.listen-address=${address}`, "--enable-feature=exemplar-storage"]);
  child.stderr.resume();
  const base = `http://${address}`;
  try {
    assert.ok(
      await until(async () => ((await valueOf(base, "sum(increase(ccr_requests_total[1m]))")) ?? 0) > 100),
      "samples arrive",
    );
    const [seen] = (await ask(base, "targets"))?.activeTargets ?? [];
    assert.deepEqual([seen?.health, seen?.lastError], ["up", ""]);
    assert.ok([...accepts].every((accept) => accept.includes("application/openmetrics-text")));
    assert.equal(await valueOf(base, "ccr_cost_total_usd - on (provider, model, user_id) ccr_cost_usd_total"), 0);
    assert.ok(((await valueOf(base, "sum(ccr_cost_total_usd)")) ?? 0) > 0);
    assert.ok(
      ((await valueOf(base, "histogram_quantile(0.5, sum by (le) (rate(ccr_request_duration_seconds_bucket[1m])))")) ??
        0) > 2,
    );
    const own = await (await fetch(`${base}/metrics`)).text();
    for (const refused of own.matchAll(/^prometheus_target_scrapes_(?:sample|exceeded|exemplar)\S* (\S+)$/gm)) {
      assert.equal(Number(refused[1]), 0, refused[0]);
    }
    assert.ok(
      Number(/^prometheus_tsdb_exemplar_exemplars_appended_total (\S+)$/m.exec(own)?.[1]) > 0,
      "exemplars arrive",
    );
  } finally {
    clearInterval(load);
    child.kill("SIGKILL");
    await once(child, "exit");
    server.closeAllConnections();
    server.close();
    metrics.close();
    rmSync(folder, { recursive: true });
  }
});
