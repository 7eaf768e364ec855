import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import { CpuProfiler } from "./cpu-profile.ts";
import { HeapSnapshots } from "./heap-snapshot.ts";

/** A process that answers SIGUSR2: it says `ready`, then what it prints, and ends when its input does. */
const program = `
import { systemClock } from ${JSON.stringify(new URL("../../core/time/clock.ts", import.meta.url).href)};
import { silentLogger } from ${JSON.stringify(new URL("../../core/log/logging.ts", import.meta.url).href)};
import { HeapSnapshots } from ${JSON.stringify(new URL("heap-snapshot.ts", import.meta.url).href)};
const print = (line) => console.log(line);
const options = { folder: process.argv[1], clock: systemClock, logger: silentLogger, print, processes: 1 };
const snapshots = new HeapSnapshots(options);
snapshots.listen();
process.stdin.on("end", () => snapshots.close()).resume();
console.log("ready");
`;

test("SIGUSR2 writes a heap snapshot for the owner alone, prints its real path, and the process lives on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ccr-heap-"));
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, join(folder, "heap")], { cwd: folder });
  try {
    const ended = once(child, "exit");
    let path = "";
    for await (const line of createInterface(child.stdout)) {
      if (line === "ready") child.kill("SIGUSR2");
      else {
        path = line.replace("heap snapshot: ", "");
        child.stdin.end();
      }
    }
    assert.deepEqual(await ended, [0, null]);
    assert.ok(path.startsWith(join(folder, "heap", `ccr-${child.pid}-`)), path);
    assert.equal(statSync(path).mode & 0o077, 0);
    assert.match(readFileSync(path, "utf8").slice(0, 100), /^\{"snapshot":/);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});

test("five snapshots are kept, and files of others are left alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "ccr-heap-"));
  try {
    const days = ["01", "02", "03", "04", "05", "06", "07"];
    for (const day of days)
      writeFileSync(join(folder, `ccr-${9 - Number(day)}-202311${day}T000000000Z.heapsnapshot`), "x");
    writeFileSync(join(folder, "other.heapsnapshot"), "x");
    const options = {
      folder,
      clock: createManualClock(1_700_000_000_000),
      logger: silentLogger,
      print: () => undefined,
      processes: 1,
    };
    assert.equal(new HeapSnapshots(options).write().kind, "written");
    const names = readdirSync(folder).sort((a, b) => a.slice(-28).localeCompare(b.slice(-28)));
    assert.equal(names.length, 6);
    assert.ok(names.includes("other.heapsnapshot") && names.some((name) => name.includes("20231107")));
    assert.ok(!names.some((name) => name.includes("20231103")));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a folder that cannot be written is told, not thrown", () => {
  const options = { clock: createManualClock(0), logger: silentLogger, print: () => undefined, processes: 1 };
  assert.equal(new HeapSnapshots({ ...options, folder: "/dev/null/x" }).write().kind, "failed");
});

test("a CPU profile is taken one at a time, and an abort ends it with what there is", async () => {
  const profiler = new CpuProfiler();
  const controller = new AbortController();
  const first = profiler.profile(60, controller.signal);
  assert.deepEqual(await profiler.profile(1, controller.signal), { kind: "busy" });
  controller.abort();
  const result = await first;
  assert.ok(result.kind === "profiled" && result.json.includes('"nodes"'));
  const again = await profiler.profile(1, controller.signal);
  assert.equal(again.kind, "profiled");
});
