import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { collectWithoutThreadsOnOneCore } from "./collector-threads.ts";

const canPin = spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** Most of what it makes stays, so that there is work to divide. */
const program = `
${collectWithoutThreadsOnOneCore.name}();
const kept = [];
for (let index = 0; index < 200_000; index++) kept[index % 20_000] = { texts: new Array(20).fill(index) };
`;

/** How many threads worked on each collection of young objects, the first ones left out: they began before the program. */
function threadsOfCollections(): number[] {
  const modulePath = new URL("collector-threads.ts", import.meta.url).href;
  const code = `import { ${collectWithoutThreadsOnOneCore.name} } from ${JSON.stringify(modulePath)};${program}`;
  const flags = ["--trace-gc", "--trace-parallel-scavenge", "--input-type=module", "--eval", code];
  const { stdout } = spawnSync("taskset", ["-c", "0", process.execPath, ...flags], { encoding: "utf8" });
  const collections = stdout.split(/^.*: Scavenge .*$/m).slice(0, -1);
  return collections.slice(2).map((lines) => lines.match(/scavenge\[/g)?.length ?? 0);
}

test("on one core the thread that serves calls collects young objects alone", { skip: !canPin }, () => {
  const threads = threadsOfCollections();
  assert.ok(threads.length > 5, `${threads.length} collections`);
  assert.deepEqual([...new Set(threads)], [1]);
});
