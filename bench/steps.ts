/**
 * What single steps of a call cost by themselves: `node bench/steps.ts [--only name,…] [--no-page]`.
 *
 * Each step runs in a loop in this process, alone, warmed up. In the program caches are colder, so these are lower
 * bounds; the profile tells the shares.
 */
import { parseArgs } from "node:util";
import { digits, markdownTable } from "./report/outcome-table.ts";
import { writePerformancePage } from "./report/performance-page.ts";
import { saveResult } from "./report/results.ts";
import { readMachineFacts } from "./rig/machine.ts";
import { steps } from "./steps/all.ts";
import { measureStep } from "./steps/step.ts";

const { values: options } = parseArgs({
  options: { only: { type: "string" }, "no-page": { type: "boolean", default: false } },
});

const header = ["step", "what is done", "ns", "spread"];

const machine = readMachineFacts();
const wanted = options.only?.split(",");
const rows: string[][] = [];
for (const step of steps) {
  if (wanted !== undefined && !wanted.includes(step.name)) continue;
  const { medianNs, lowestNs, highestNs } = await measureStep(step);
  rows.push([step.name, step.what, digits(medianNs), `${digits(lowestNs)}–${digits(highestNs)}`]);
  console.log(rows.at(-1)?.join("  "));
}
console.log(`\n${markdownTable(header, rows)}`);
if (!options["no-page"] && wanted === undefined) {
  const method = "Each step alone in a loop, warm; nanoseconds a time, median of seven batches.";
  saveResult("steps", { finishedAt: new Date().toISOString(), machine, isPinned: false, method, header, rows });
  writePerformancePage();
}
