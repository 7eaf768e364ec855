import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { limitCollectorThreads } from "./collector-threads.ts";

const canPin = spawnSync("taskset", ["-c", "0", "true"]).status === 0;

const countWakeUps = `
    import { readdirSync, readFileSync } from "node:fs";
    const others = readdirSync("/proc/self/task").filter((task) => task !== String(process.pid));
    const statusOf = (task) => readFileSync(\`/proc/self/task/\${task}/status\`, "utf8");
    const wakeUps = () =>
      others.reduce((sum, task) => sum + Number(/^voluntary_ctxt_switches:\\s+(\\d+)/m.exec(statusOf(task))[1]), 0);`;

/** Runs `program` on one core, behind the setting or without it; returns what it printed. */
function runOnOneCore(program: string, flags: readonly string[], isSet = true): string {
  const modulePath = new URL("collector-threads.ts", import.meta.url).href;
  const { name } = limitCollectorThreads;
  const code = `import { ${name} } from ${JSON.stringify(modulePath)};\n${isSet ? `${name}();` : ""}${program}`;
  const args = ["-c", "0", process.execPath, ...flags, "--input-type=module", "--eval", code];
  return spawnSync("taskset", args, { encoding: "utf8" }).stdout;
}

test("on one core the thread that serves calls collects young objects alone", { skip: !canPin }, () => {
  // Most of what it makes stays, so that there is work to divide.
  const program = `
    const kept = [];
    for (let index = 0; index < 200_000; index++) kept[index % 20_000] = { texts: new Array(20).fill(index) };`;
  const lines = runOnOneCore(program, ["--trace-gc", "--trace-parallel-scavenge"]);
  // The first ones began before the program.
  const collections = lines.split(/^.*: Scavenge .*$/m).slice(2, -1);
  const threads = collections.map((told) => told.match(/scavenge\[/g)?.length ?? 0);
  assert.ok(threads.length > 5, `${threads.length} collections`);
  assert.deepEqual([...new Set(threads)], [1]);
});

test(
  "on one core the thread that serves calls marks and moves old objects alone, but for the last step of each collection",
  { skip: !canPin },
  () => {
    const program = `
    ${countWakeUps}
    const kept = [];
    const before = wakeUps();
    for (let index = 0; index < 3_000_000; index++) kept[index % 200_000] = { texts: new Array(20).fill(index) };
    console.log("woken", wakeUps() - before);`;
    // Without compilers in threads of their own, only the collector is left to wake other threads.
    const flags = ["--trace-gc", "--no-opt", "--no-maglev", "--no-concurrent-sparkplug"];
    const wakeUpsOf = (isSet: boolean): number => {
      const lines = runOnOneCore(program, flags, isSet);
      const collections = lines.match(/: (?:Incremental )?Mark-Compact /g)?.length ?? 0;
      assert.ok(collections > 1, `${collections} collections`);
      return Number(/woken (\d+)/.exec(lines)?.[1]) / collections;
    };
    // A collection's last step, marking what is left, wakes some of them still: V8 stops a process that forbids that late.
    const [alone, together] = [wakeUpsOf(true), wakeUpsOf(false)];
    assert.ok(alone < together / 3, `${alone} a collection, ${together} without the setting`);
  },
);

test("no other thread is woken to give back the memory of buffers", { skip: !canPin }, () => {
  const program = `
    ${countWakeUps}
    const collect = (buffers) => {
      for (let index = 0; index < buffers; index++) Buffer.allocUnsafeSlow(2_000);
    };
    collect(20_000);
    const before = wakeUps();
    collect(500_000);
    console.log("woken", wakeUps() - before);`;
  const lines = runOnOneCore(program, ["--trace-gc"]);
  const collections = lines.match(/: Scavenge /g)?.length ?? 0;
  const woken = Number(/woken (\d+)/.exec(lines)?.[1]);
  assert.ok(collections > 50, `${collections} collections`);
  assert.ok(woken < collections / 2, `${woken} times at ${collections} collections`);
});
