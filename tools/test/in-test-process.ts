/**
 * Loaded before each test file, in its process: tells the run what the file cost, and ends a process that something left
 * behind keeps alive after its last test. That is a failure of the file: whatever a test starts ends with it.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { after } from "node:test";
import { isMainThread } from "node:worker_threads";
import { reportVariable } from "./file-cost.ts";
import type { FileCost } from "./file-cost.ts";

const endWithinMs = 10_000;

// Its threads, and what it forks, load this too.
if (isMainThread && /\.(test|proof)\.ts$/.test(process.argv[1] ?? "")) {
  after(endSoon);
  process.on("exit", tellCost);
}

function endSoon(): void {
  const end = (): void => {
    console.error(
      `${process.argv[1]}: ended by force, since after its last test these were open for ${endWithinMs} ms:`,
    );
    console.error(process.getActiveResourcesInfo());
    process.exit(1);
  };
  setTimeout(end, endWithinMs).unref();
}

function tellCost(): void {
  const report = process.env[reportVariable];
  if (report === undefined) return;
  const cost: FileCost = { file: process.argv[1] ?? "", processorMs: processorMs(), wallMs: performance.now() };
  appendFileSync(report, `${JSON.stringify(cost)}\n`);
}

/** Processor time of this process and, on Linux, of those that it started and saw end. Daemons are not among them. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 + childrenMs();
}

/** Fields 16 and 17 of proc_pid_stat(5), in the hundredths of a second that Linux counts in on every usual machine. */
function childrenMs(): number {
  if (process.platform !== "linux") return 0;
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}
