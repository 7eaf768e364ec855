/**
 * Runs the tests: all of them, or the files that the arguments name.
 *
 * The last line is `N passed, N failed` and, where a server is missing, `, N skipped`. `--no-skips` (used by .ci/run)
 * makes a skipped test a failure, unless its reason begins with `optional:`: on that machine nothing may be missing.
 */
import { availableParallelism } from "node:os";
import { globSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const forbidsSkips = process.argv.includes("--no-skips");
const files = globSync(
  wanted.length > 0 ? wanted : ["src/**/*.test.ts", "bench/**/*.test.ts", "test/**/*.test.ts"],
).sort();

/** Skips that no machine can avoid: what the project may not install. They are shown all the same. */
const optionalReason = /^optional: /;

const skipped: string[] = [];
let missing = 0;
let passed = 0;
let failed = 0;

const stream = run({ files, concurrency: availableParallelism(), timeout: 240_000 });
stream.on("test:pass", ({ name, skip, details }) => {
  if (details.type === "suite") return;
  if (skip === undefined) passed++;
  else {
    const reason = typeof skip === "string" ? skip : "";
    skipped.push(reason === "" ? name : `${name}: ${reason}`);
    if (!optionalReason.test(reason)) missing++;
  }
});
stream.on("test:fail", ({ details }) => {
  if (details.type !== "suite") failed++;
});
stream.on("end", () => {
  for (const line of skipped) console.log(`skipped: ${line}`);
  const isRefused = failed > 0 || passed === 0 || (forbidsSkips && missing > 0);
  process.exitCode = isRefused ? 1 : 0;
  console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`);
});
stream.compose(spec).on("data", (text: Buffer) => {
  // The reporter's own summary would stand behind ours.
  if (!text.toString().startsWith("\u001B[34mℹ") && !text.toString().startsWith("ℹ")) process.stdout.write(text);
});
