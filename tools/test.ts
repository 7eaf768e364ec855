/**
 * Runs the tests: all of them, or the files that the arguments name.
 *
 * The last line is `N passed, N failed` and, where a server is missing, `, N skipped`. `--no-skips` (used by .ci/run)
 * makes a skipped test a failure, unless its reason begins with `optional:`: on that machine nothing may be missing.
 * `--slowest` lists the files that took the most processor time; `--at-once=N` runs so many at a time:
 * fewer for those that judge by the clock. `--once-more` runs files that failed once more by themselves, visibly: a machine
 * that stalls for a second can make a time limit pass that a test is about.
 */
import { once } from "node:events";
import { availableParallelism, tmpdir } from "node:os";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { installPackage } from "./build/install-package.ts";
import { compileSources } from "./test/compile-sources.ts";
import { readFileCosts, reportVariable } from "./test/file-cost.ts";
import { collectResults, sumResults } from "./test/file-results.ts";
import type { FileResult } from "./test/file-results.ts";

const root = join(import.meta.dirname, "..");
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const atOnce = process.argv.find((argument) => argument.startsWith("--at-once="))?.slice("--at-once=".length);
const forbidsSkips = process.argv.includes("--no-skips");
const tellsSlowest = process.argv.includes("--slowest");
const triesOnceMore = process.argv.includes("--once-more");
// Files that start programs take long: first, so that no such file ends alone.
const places = ["src/cli/**/*.test.ts", "test/**/*.test.ts", "{src,bench}/**/*.test.ts"];
const files = [...new Set((wanted.length > 0 ? wanted : places).flatMap((pattern) => globSync(pattern).sort()))];

/** More files than this do not fail by chance. */
const mostTriedOnceMore = 5;
/** For one test or suite. The longest takes an eighth of it alone, and half of it on a machine with much other work. */
const timeoutMs = 240_000;

// Sources are compiled once, not in each of the thousand processes of a run. A whole run begins with an empty cache: files
// of temporary folders would fill it for ever.
const compileCache = join(root, "node_modules/.cache/test-compile-cache");
if (wanted.length === 0) {
  rmSync(compileCache, { recursive: true, force: true });
  compileSources(root, compileCache);
}
const folder = mkdtempSync(join(tmpdir(), "ccr-test-run-"));
const program = join(folder, "package");
if (wanted.length === 0) await installPackage(program);
const report = join(folder, "costs");
writeFileSync(report, "");

// Two more than processors: files often wait.
const results = await runFiles(files, atOnce === undefined ? availableParallelism() + 2 : Number(atOnce));
const failing = [...results].filter(([, { failed }]) => failed > 0).map(([file]) => file);
if (triesOnceMore && failing.length > 0 && failing.length <= mostTriedOnceMore) {
  console.log(`== once more: ${failing.map((file) => relative(root, file)).join(" ")}`);
  for (const [file, result] of await runFiles(failing, 1)) results.set(file, result);
}
if (tellsSlowest) tellSlowest();
rmSync(folder, { recursive: true });
const { passed, failed, skipped, missing } = sumResults(results.values());
for (const line of skipped) console.log(`skipped: ${line}`);
const isRefused = failed > 0 || passed === 0 || (forbidsSkips && missing > 0);
process.exitCode = isRefused ? 1 : 0;
console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);

async function runFiles(chosen: readonly string[], concurrency: number): Promise<Map<string, FileResult>> {
  const stream = run({
    files: chosen,
    concurrency,
    timeout: timeoutMs,
    execArgv: ["--import", import.meta.resolve("./test/in-test-process.ts")],
    env: {
      ...process.env,
      ...(wanted.length === 0 ? { CCR_TEST_PROGRAM: join(program, "dist/cli/main.js") } : {}),
      NODE_COMPILE_CACHE: compileCache,
      [reportVariable]: report,
    },
  });
  const collected = collectResults(stream);
  const told = stream.compose(spec);
  told.on("data", (text: Buffer) => {
    // The reporter's own summary would stand behind ours.
    if (!text.toString().startsWith("\u001B[34mℹ") && !text.toString().startsWith("ℹ")) process.stdout.write(text);
  });
  await once(told, "end");
  return new Map(collected);
}

function tellSlowest(): void {
  const costs = readFileCosts(report);
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1).padStart(6);
  const totalMs = costs.reduce((sum, { processorMs }) => sum + processorMs, 0);
  console.log(
    `${seconds(totalMs)} s of processor time in ${costs.length} files; the dearest, beside their seconds of the clock:`,
  );
  for (const { file, processorMs, wallMs } of costs.slice(0, 40)) {
    console.log(`${seconds(processorMs)} ${seconds(wallMs)}  ${relative(root, file)}`);
  }
}
