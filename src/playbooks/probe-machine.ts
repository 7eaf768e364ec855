/** Looks at this machine: memory, load, disks. */
import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import type { DiskUsage } from "../monitoring/process/disk-usage.ts";
import { readDiskUsage } from "../monitoring/process/disk-usage.ts";

export interface MachineFigures {
  readonly totalMemoryBytes: number;
  /** What programs could still take, file caches counted as free where the system says so. */
  readonly availableMemoryBytes: number;
  /** Average of the last minute over the number of cores; above 1 something waits. */
  readonly loadPerCore: number;
  readonly disks: readonly DiskUsage[];
}

/** `folders`: those whose disks count. */
export async function probeMachine(folders: readonly string[]): Promise<MachineFigures> {
  return {
    totalMemoryBytes: totalmem(),
    availableMemoryBytes: process.availableMemory?.() ?? freemem(),
    loadPerCore: (loadavg()[0] ?? 0) / availableParallelism(),
    disks: await readDiskUsage(folders),
  };
}
