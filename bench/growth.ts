/**
 * How cost grows with bodies, streams, models, rules and users: `node bench/growth.ts [--only body,…] [--quick]`.
 *
 * Each row is one size, in four minutes all; the last column says how the cost grew since the row before, against how the size did.
 */
import { parseArgs } from "node:util";
import { growthDimensions, startGrowthRig } from "./growth/dimensions.ts";
import type { GrowthPoint } from "./growth/dimensions.ts";
import { digits, markdownTable } from "./report/outcome-table.ts";
import { writePerformancePage } from "./report/performance-page.ts";
import { saveResult } from "./report/results.ts";
import { canPin, cleanUp } from "./rig/children.ts";
import { readMachineFacts } from "./rig/machine.ts";
import { startProviders } from "./rig/providers.ts";

const { values: options } = parseArgs({
  options: { only: { type: "string" }, quick: { type: "boolean", default: false } },
});

const header = ["grows", "size", "cost", "value", "for one", "cost × for size ×"];

async function main(): Promise<void> {
  const machine = readMachineFacts();
  const providers = await startProviders();
  const rig = await startGrowthRig(providers);
  const wanted = options.only?.split(",");
  const rows: string[][] = [];
  for (const dimension of growthDimensions) {
    if (wanted !== undefined && !wanted.includes(dimension.name)) continue;
    let before: GrowthPoint | null = null;
    for (const size of dimension.sizes) {
      const point = await dimension.measure(size, rig, options.quick ? 1 : 2);
      rows.push(toRow(dimension.name, point, before, dimension.isPerUnit));
      console.log(rows.at(-1)?.join("  "));
      before = point;
    }
  }
  console.log(`\n${markdownTable(header, rows)}`);
  if (wanted !== undefined || options.quick) return;
  const method =
    "One router on core 0; CPU time of its process. Linear growth is a last column with equal numbers; less cost than " +
    "size is better than linear. `for one` divides the cost by the size where a size is a quantity of work.";
  saveResult("growth", { finishedAt: new Date().toISOString(), machine, isPinned: canPin, method, header, rows });
  writePerformancePage();
}

function toRow(name: string, point: GrowthPoint, before: GrowthPoint | null, isPerUnit: boolean): string[] {
  const grew = before === null ? "–" : `${digits(point.cost / before.cost)} for ${digits(point.size / before.size)}`;
  const forOne = isPerUnit ? `${digits(point.cost / point.size)} ${point.unit}` : "–";
  return [name, point.label, point.what, `${digits(point.cost)} ${point.unit}`, forOne, grew];
}

try {
  await main();
} finally {
  cleanUp();
}
process.exit();
