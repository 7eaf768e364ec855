/** Runbooks about stores, memory and disks, followed while each is full, locked or away. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { freePort } from "../../src/alerting/local/free-port.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { followAll, startBench, untilMetric, whileCalling } from "./runbook-bench.ts";

test("Redis is full, then gone", async (t) => {
  const port = await freePort();
  const folder = createTemporaryFolder(t);
  const redis = spawn(
    "redis-server",
    ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--maxmemory", "4mb"],
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve) => redis.once("exit", resolve));
  t.after(() => void redis.kill("SIGKILL"));
  const url = `redis://127.0.0.1:${port}`;
  const ask = (...args: string[]): string =>
    spawnSync("redis-cli", ["-u", url, ...args], { encoding: "utf8" }).stdout.trim();
  await waitUntil("Redis is ready", () => ask("ping") === "PONG");
  const bench = await startBench(t, { settings: { redis: { url } }, variables: { REDIS_URL: url } });
  for (let index = 0; index < 40; index++) ask("set", `filler:${index}`, "x".repeat(65_536));
  await followAll(bench, { RedisHighMemory: /maxmemory_human:4\.00M[\s\S]*maxmemory_policy:noeviction/ });
  redis.kill("SIGKILL");
  await ended;
  await untilMetric(bench, /^ccr_dependency_up\{dependency="redis"\} 0$/m);
  assert.equal((await bench.call()).status, 200, "calls go on");
  await followAll(bench, {
    RedisDown: /Connection refused[\s\S]*WARNING +redis +away/,
    DependencyDown: /WARNING +redis +away[\s\S]*ccr_dependency_up\{dependency="redis"\} 0/,
  });
});

test("another program has locked the ledger's file", async (t) => {
  const bench = await startBench(t);
  const lock = new DatabaseSync(join(bench.stateFolder, "ledger.sqlite"));
  lock.exec("BEGIN EXCLUSIVE");
  t.after(() => lock.close());
  await bench.calls(3);
  await untilMetric(bench, /^ccr_ledger_write_failures_total [1-9]/m);
  await followAll(bench, {
    LedgerWriteFailures: /WARNING +ledger +away: call records wait[\s\S]*locked/,
    DependencyBufferFilling: /ccr_dependency_buffered_entries\{dependency="ledger"\} [1-9]/,
    LedgerRowsLost: /ccr_ledger_lost_rows_total 0/,
  });
  lock.exec("ROLLBACK");
  await untilMetric(bench, /^ccr_dependency_up\{dependency="ledger"\} 1$/m);
});

test("an own routing module leaks with each call", async (t) => {
  const folder = createTemporaryFolder(t);
  const module = join(folder, "leaking.mjs");
  const leak = "kept.push(Array.from({ length: 100_000 }, (_, index) => index + kept.length + 0.5)); return null;";
  writeFileSync(module, `const kept = [];\nexport default () => { ${leak} };\n`);
  const bench = await startBench(t, {
    settings: { routing: { module } },
    variables: { NODE_OPTIONS: "--max-old-space-size=600" },
  });
  bench.provider.behave({ firstTokenMs: 200 }); // some five calls a second, 0.8 MB kept of each
  await whileCalling(bench, 1, () =>
    followAll(bench, {
      MemoryLeak: /most likely: a memory leak[\s\S]*heap snapshot: \S+\.heapsnapshot/,
      HighMemoryUsage: /most likely: a memory leak/,
    }),
  );
});

test("the disk of the state folder is nearly full", async (t) => {
  const stateFolder = mkdtempSync(join(tmpdir(), "ccr-small-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=40m", "tmpfs", stateFolder]);
  if (mounted.status !== 0) return t.skip("optional: mounting a small disk takes root");
  const bench = await startBench(t, { stateFolder });
  // After the router has stopped: what was registered first is done first.
  t.after(() => {
    spawnSync("umount", ["-l", stateFolder]);
    rmdirSync(stateFolder);
  });
  writeFileSync(join(stateFolder, "filler"), Buffer.alloc(36 * 1024 * 1024));
  await followAll(bench, { DiskSpaceLow: /filler[\s\S]*(WARNING|CRITICAL) +disk \S+ +9\d %/ });
});

test("the answer cache is cold", async (t) => {
  const bench = await startBench(t, { settings: { cache: { enabled: true } } });
  await bench.calls(3);
  await followAll(bench, { LowCacheHitRate: /^ccr_cache_lookups_total/m });
});
