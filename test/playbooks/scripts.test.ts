/**
 * The five scripts of operators, run as they are: against a healthy router, one that is down, one that fails, without
 * traffic, and without their tools. Each is a thin wrapper, so this tests the commands behind them too.
 */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonObject } from "../../src/core/json/json.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { programEnvironment } from "../kit/program-environment.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

const scripts = join(import.meta.dirname, "../../ops/bin");
const adminKey = "ccr-admin-key";

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of this process's own variables few get through. */
function run(script: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      join(scripts, script),
      args,
      { env: { ...programEnvironment, CCR_NODE: process.execPath, ...env }, cwd: env["HOME"] },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

interface Finding {
  readonly check: string;
  readonly status: string;
  readonly summary: string;
}

interface Findings {
  readonly verdict: string;
  readonly score?: number;
  readonly findings: readonly Finding[];
}

function statusOf({ stdout }: Run, check: string): string | undefined {
  return (JSON.parse(stdout) as Findings).findings.find((finding) => finding.check === check)?.status;
}

interface Bench {
  readonly provider: SimulatedProvider;
  readonly router: RouterProcess;
  readonly env: Readonly<Record<string, string>>;
  readonly call: () => Promise<Response>;
}

async function startBench(t: CleansUp, more: JsonObject = {}): Promise<Bench> {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { answerTokens: 20 } });
  t.after(() => provider.close());
  const configuration = {
    providers: { sim: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "secret" } },
    auth: { adminKeyHash: hash("sha256", adminKey, "hex") },
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
    ...more,
  };
  const router = await startRouter(t, { configuration });
  return {
    provider,
    router,
    env: { CCR_HOME: router.stateFolder, HOME: router.stateFolder, CCR_ADMIN_KEY: adminKey },
    call: () =>
      fetch(`${router.url}/v1/messages`, {
        method: "POST",
        headers: { "anthropic-version": "2023-06-01" },
        body: JSON.stringify({ model: "m", max_tokens: 20, messages: [{ role: "user", content: "Hi" }] }),
      }),
  };
}

async function callsInLedger({ router }: Bench, count: number): Promise<void> {
  await waitUntil(`${count} calls are in the ledger`, async () => {
    const answer = await fetch(`${router.url}/api/calls?limit=500`, { headers: { "x-api-key": adminKey } });
    return ((await answer.json()) as { calls: unknown[] }).calls.length === count;
  });
}

const quick = ["--json", "--watch", "300ms"];

test("one router, from quiet to failing", async (t) => {
  const bench = await startBench(t);

  await t.test("a healthy router without traffic is fine: 100 of 100, no errors, no cause", async () => {
    const health = await run("comprehensive-health-check.sh", quick, bench.env);
    for (const check of ["service", "memory", "configuration", "ledger", "errors", "provider sim", "alerts"]) {
      assert.equal(statusOf(health, check), "ok", `${check}: ${health.stdout}${health.stderr}`);
    }
    assert.ok(health.code <= 1); // a machine that is starved may lag
    const latency = await run("high-latency-investigation.sh", quick, bench.env);
    assert.deepEqual([latency.code, (JSON.parse(latency.stdout) as { causes: [] }).causes], [0, []]);
  });

  await t.test(
    "a router with good calls has no errors, whatever their number; one without the key says what it cannot see",
    async () => {
      for (let index = 0; index < 5; index++) assert.equal((await bench.call()).status, 200);
      const { CCR_ADMIN_KEY: _, ...keyless } = bench.env;
      const health = await run("comprehensive-health-check.sh", quick, keyless);
      assert.equal(statusOf(health, "errors"), "ok");
      assert.equal(statusOf(health, "operators' figures"), "skipped");
      const latency = await run("high-latency-investigation.sh", quick, keyless);
      assert.deepEqual(
        [latency.code, latency.stderr.split("\n")[0]],
        [2, "ccr: the router's calls and costs cannot be read: that takes the router's admin key"],
      );
      const snapshot = await run("memory-leak-detection.sh", [...quick, "--heap-snapshot"], keyless);
      assert.equal(snapshot.code, 2);
      assert.match(snapshot.stderr, /^ccr: no heap snapshot can be had: that .+\n {5}set CCR_ADMIN_KEY /);
      const readable = await run("comprehensive-health-check.sh", ["--watch", "300ms"], bench.env);
      assert.match(readable.stdout, /^ok +service +ready; one request \(\/livez\) was answered in /);
      assert.match(readable.stdout, /^ok +errors +0 % of 5 calls failed in the last 5 minutes$/m);
      assert.match(readable.stdout, /\nscore \d+\/100: \w+\n$/);
      assert.equal(`${readable.stdout}${readable.stderr}`.includes("\u001B"), false);
    },
  );

  await t.test("memory: the real heap snapshot's file is printed, and the router lives on", async () => {
    const { code, stderr } = await run("memory-leak-detection.sh", [...quick, "--heap-snapshot"], bench.env);
    assert.equal(code, 0, stderr);
    const [, file = ""] = /^heap snapshot: (\S+\.heapsnapshot) /m.exec(stderr) ?? [];
    assert.ok(existsSync(file), stderr);
    assert.equal((await fetch(`${bench.router.url}/readyz`)).status, 200);
  });

  await t.test("a router whose provider fails is critical, and the cause is named with its evidence", async () => {
    bench.provider.behave({ fault: { kind: "overloaded" } });
    for (let index = 0; index < 6; index++) await bench.call();
    await callsInLedger(bench, 11);
    const health = await run("comprehensive-health-check.sh", quick, bench.env);
    assert.equal(health.code, 2);
    assert.equal(statusOf(health, "errors"), "critical");
    assert.equal(statusOf(health, "provider sim"), "critical");
    assert.ok(((JSON.parse(health.stdout) as Findings).score ?? 100) <= 50);
    // The guide's script searched JSON lines for ERROR and WARN, and found none.
    const latency = await run("high-latency-investigation.sh", ["--watch", "300ms"], bench.env);
    assert.match(latency.stdout, /\nlog: 0 errors and [6-9] warnings in the last 15 minutes \(.+\.log\)\n/);
    const providers = await run("provider-connectivity-check.sh", ["--json"], bench.env);
    assert.match(providers.stdout, /"provider_overloaded \d/);
    assert.notEqual(statusOf(providers, "sim breakers"), undefined);
    assert.match(latency.stdout, /Z +warn +call error \(provider_overloaded\)\n/);
  });

  await t.test("a snapshot that the router cannot write is told with the router's reason", async () => {
    const folder = join(bench.router.stateFolder, "heap");
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    const failed = await run("memory-leak-detection.sh", [...quick, "--heap-snapshot"], bench.env);
    assert.equal(failed.code, 2);
    assert.match(failed.stderr, /^ccr: the router wrote no heap snapshot: EEXIST: file already exists/);
  });
});

test("a router that is down scores 0 with exit code 2, from every script that asks it", async (t) => {
  const folder = createTemporaryFolder(t);
  const env = { CCR_HOME: folder, HOME: folder };
  const away = ["--url", "http://127.0.0.1:9"];
  const health = await run("comprehensive-health-check.sh", [...quick, ...away], env);
  assert.equal(health.code, 2, health.stderr);
  assert.equal((JSON.parse(health.stdout) as Findings).score, 0);
  for (const script of ["high-latency-investigation.sh", "memory-leak-detection.sh"]) {
    const { code, stderr } = await run(script, [...quick, ...away], env);
    assert.equal(code, 2);
    assert.match(stderr, /^ccr: no router answers at http:\/\/127\.0\.0\.1:9: /);
  }
});

test("providers: each step is timed, a refused key and a dead address are found within their limit", async (t) => {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { requiredKey: "good" } });
  t.after(() => provider.close());
  const folder = createTemporaryFolder(t);
  const router = await startRouter(t, {
    stateFolder: folder,
    configuration: {
      providers: {
        good: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "good" },
        refused: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "bad" },
        dead: { kind: "anthropic", baseUrl: "http://127.0.0.1:9", apiKey: "good" },
        nameless: { kind: "anthropic", baseUrl: "https://no-such-host.invalid", apiKey: "good" },
      },
    },
  });
  const env = { CCR_HOME: router.stateFolder, HOME: folder };
  const check = await run("provider-connectivity-check.sh", ["--json", "--limit", "4s"], env);
  assert.equal(check.code, 2, check.stderr);
  const expected: Readonly<Record<string, string>> = {
    "good DNS": "ok",
    "good TCP": "ok",
    "good TLS": "skipped",
    "good key key-1": "ok",
    "good errors": "ok",
    "refused key key-1": "critical",
    "dead TCP": "critical",
    "nameless DNS": "critical",
    "nameless TCP": "skipped",
  };
  for (const [name, status] of Object.entries(expected)) assert.equal(statusOf(check, name), status, check.stdout);
  const one = await run("provider-connectivity-check.sh", ["--json", "good"], env);
  assert.equal(one.code, 0, one.stdout);
});

test("the checklist passes what really starts and whose key is really taken, and nothing else", async (t) => {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { requiredKey: "good" } });
  t.after(() => provider.close());
  const folder = createTemporaryFolder(t);
  const check = (settings: object): Promise<Run> => {
    writeFileSync(join(folder, "ccr.yaml"), JSON.stringify({ server: { port: 0 }, ...settings }));
    return run("deployment-checklist.sh", ["--json"], { HOME: folder, CCR_HOME: join(folder, "state"), KEY: "good" });
  };
  const providers = { sim: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "${KEY}" } };
  const good = await check({ providers });
  for (const name of ["Node.js", "configuration", "access", "sim key key-1", "clock", "start"]) {
    assert.equal(statusOf(good, name), "ok", `${name}: ${good.stdout}${good.stderr}`);
  }
  assert.equal(statusOf(good, "port"), "warning"); // 0: another one at each start
  assert.ok(good.code <= 1, good.stdout); // a build beside it may be of yesterday
  // The guide's checklist took a placeholder for a key, and a program that only sleeps for a start.
  const placeholder = await check({ providers: { sim: { ...providers.sim, apiKey: "your_api_key_here" } } });
  assert.deepEqual([placeholder.code, statusOf(placeholder, "sim key key-1")], [2, "critical"]);
  writeFileSync(join(folder, "broken.mjs"), "throw new Error('it does not load');");
  const broken = await check({ providers, routing: { module: join(folder, "broken.mjs") } });
  assert.deepEqual([broken.code, statusOf(broken, "start")], [2, "critical"]);
  const stores = await check({ providers, redis: { url: "redis://127.0.0.1:9" } });
  assert.deepEqual([stores.code, statusOf(stores, "Redis")], [2, "critical"]);
  const invalid = await check({ providers, prot: 1 });
  assert.deepEqual(
    [invalid.code, statusOf(invalid, "configuration"), statusOf(invalid, "start")],
    [2, "critical", "skipped"],
  );
});

test("without their tools the scripts say so and end with 2: a missing tool is no good health", (t) => {
  const folder = createTemporaryFolder(t);
  const place = join(folder, "elsewhere/ops/bin");
  mkdirSync(place, { recursive: true });
  for (const name of readdirSync(scripts)) copyFileSync(join(scripts, name), join(place, name));
  const tools = join(folder, "tools");
  mkdirSync(tools);
  for (const tool of ["bash", "dirname", "readlink", "basename", "env"]) {
    const { stdout } = spawnSync("/bin/sh", ["-c", `command -v ${tool}`], { encoding: "utf8" });
    symlinkSync(stdout.trim(), join(tools, tool));
  }
  for (const name of readdirSync(scripts)) {
    if (name === "ccr.sh") continue;
    const outside = spawnSync(join(place, name), [], { env: { PATH: tools }, encoding: "utf8" });
    assert.deepEqual([outside.status, outside.stdout], [2, ""]);
    assert.equal(outside.stderr, `${name}: ccr is missing; install the package, or run this from a checkout\n`);
  }
  mkdirSync(join(folder, "elsewhere/bin"));
  copyFileSync(join(scripts, "../../bin/ccr.js"), join(folder, "elsewhere/bin/ccr.js"));
  const nodeless = spawnSync(join(place, "deployment-checklist.sh"), [], { env: { PATH: tools }, encoding: "utf8" });
  assert.equal(nodeless.status, 2);
  assert.match(nodeless.stderr, /Node\.js is missing/);
  copyFileSync(join(scripts, "deployment-checklist.sh"), join(folder, "alone.sh"));
  assert.equal(spawnSync(join(folder, "alone.sh"), [], { env: { PATH: tools } }).status, 2);
});

test("a link to a script, in a folder of the PATH, say, finds what stands beside it", (t) => {
  const folder = createTemporaryFolder(t);
  for (const name of readdirSync(scripts)) {
    if (name === "ccr.sh") continue;
    symlinkSync(join(scripts, name), join(folder, name));
    const env = { ...programEnvironment, CCR_NODE: process.execPath };
    const { status, stdout } = spawnSync(join(folder, name), ["--help"], { env, encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: ccr /);
  }
});

test("the scripts are UTF-8 without odd characters, and shellcheck has nothing to say", (t) => {
  const files = readdirSync(scripts).map((name) => join(scripts, name));
  assert.equal(files.length, 6);
  for (const file of files) assert.match(readFileSync(file, "utf8"), /^[\n\x20-\x7E]+$/);
  const { error, status, stdout } = spawnSync("shellcheck", ["-x", ...files], {
    encoding: "utf8",
    cwd: join(scripts, "../.."),
  });
  if (error !== undefined) return t.skip("no shellcheck here");
  assert.equal(status, 0, stdout);
});
