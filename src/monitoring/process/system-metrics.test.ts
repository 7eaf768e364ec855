import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { readDiskUsage } from "./disk-usage.ts";
import { EnhancedMetricsSystem } from "../metrics-system.ts";

function valueOf(text: string, series: string): number {
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${series} `))
      ?.split(" ")
      .at(1),
  );
}

test("the CPU percentage is CPU time over wall time since the sample before", async () => {
  const clock = createManualClock(1_700_000_000_000);
  const metrics = new EnhancedMetricsSystem({ clock });
  await metrics.getMetrics();
  const before = process.cpuUsage();
  let sum = 0;
  for (const start = performance.now(); performance.now() - start < 40;) sum += Math.sqrt(sum + 1);
  const used = process.cpuUsage(before);
  clock.advanceMs(2_000);
  const percent = valueOf(await metrics.getMetrics(), "ccr_cpu_usage_percent");
  const expected = ((used.user + used.system) / 1_000 / 2_000) * 100;
  assert.ok(percent >= expected && percent < expected + 5, `${percent} for ${expected}`);
  metrics.close();
});

test("the heap is measured against its limit, which is more than its present size", async () => {
  const metrics = new EnhancedMetricsSystem();
  const text = await metrics.getMetrics();
  const of = (type: string): number => valueOf(text, `ccr_memory_usage_bytes{type="${type}"}`);
  assert.ok(of("heap_used") <= of("heap_total") && of("heap_total") < of("heap_limit"));
  metrics.close();
});

test("disks are told once per file system, for folders that do not exist yet too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ccr-disk-"));
  const usage = await readDiskUsage([folder, join(folder, "not", "yet"), "/"]);
  rmSync(folder, { recursive: true });
  assert.ok(usage.length >= 1 && usage.length <= 2);
  assert.ok(usage.some((disk) => disk.mount === "/"));
  for (const { usedBytes, sizeBytes } of usage) assert.ok(usedBytes > 0 && usedBytes <= sizeBytes);
});

test("file descriptors are counted on Linux and macOS", async (context) => {
  if (process.platform !== "linux" && process.platform !== "darwin") return context.skip("absent on this system");
  const metrics = new EnhancedMetricsSystem();
  assert.ok(valueOf(await metrics.getMetrics(), "process_open_fds") >= 3);
  metrics.close();
});
