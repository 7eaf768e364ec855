/** A lock between processes for short work on a file: a folder beside it, which only one process can make. */
import { mkdir, rm, stat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";

/** Nobody holds it so long: a holder that died left it. */
const staleAfterMs = 10_000;
const pollMs = 20;

/** Runs `work` while nobody else holds the lock at `path`. Throws if it stays taken for twenty seconds. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await acquire(path, 2 * staleAfterMs);
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function acquire(path: string, patienceMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs <= patienceMs; waitedMs += pollMs) {
    try {
      await mkdir(path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (await isStale(path)) await rm(path, { recursive: true, force: true });
    else await wait(pollMs);
  }
  throw new Error(`${path} is held by another process; remove it if none runs`);
}

async function isStale(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > staleAfterMs;
  } catch {
    return false;
  }
}
