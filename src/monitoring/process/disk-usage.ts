/** How full the file systems are that hold given folders. */
import { stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";

export interface DiskUsage {
  /** Where the file system is mounted. */
  readonly mount: string;
  readonly usedBytes: number;
  /** In use, and free for processes without privileges. */
  readonly sizeBytes: number;
}

/** One entry per file system; a folder that does not exist yet counts for the nearest one above that does. */
export async function readDiskUsage(folders: readonly string[]): Promise<readonly DiskUsage[]> {
  const found = new Map<string, DiskUsage>();
  for (const folder of folders) {
    const mount = await findMount(resolve(folder)).catch(() => null);
    if (mount === null || found.has(mount)) continue;
    const system = await statfs(mount).catch(() => null);
    if (system === null || system.blocks === 0) continue;
    const usedBytes = (system.blocks - system.bfree) * system.bsize;
    found.set(mount, { mount, usedBytes, sizeBytes: usedBytes + system.bavail * system.bsize });
  }
  return [...found.values()];
}

/** The highest folder above `path` on the same device. */
async function findMount(path: string): Promise<string> {
  let current = path;
  let status = await stat(current).catch(() => null);
  while (status === null && dirname(current) !== current) {
    current = dirname(current);
    status = await stat(current).catch(() => null);
  }
  for (;;) {
    const above = dirname(current);
    if (above === current) return current;
    const statusAbove = await stat(above);
    if (statusAbove.dev !== status?.dev) return current;
    current = above;
    status = statusAbove;
  }
}
