/** A lock between processes for short work on a file: a folder beside it, which only one process can make. */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { createRandomHex } from "../core/ids.ts";

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
    if (!(await removeStale(path))) await wait(pollMs);
  }
  throw new Error(`${path} is held by another process; remove it if none runs`);
}

/**
 * Removes a lock whose holder died; false if it is held, or gone by itself. Of several that find it stale, each may
 * only remove the one that it saw: the next one could be held already.
 */
async function removeStale(path: string): Promise<boolean> {
  try {
    const seen = await stat(path);
    if (Date.now() - seen.mtimeMs <= staleAfterMs) return false;
    const aside = `${path}.${createRandomHex()}`;
    await rename(path, aside);
    const moved = await stat(aside);
    const isSeen = moved.ino === seen.ino && moved.mtimeMs === seen.mtimeMs;
    if (isSeen) await rm(aside, { recursive: true });
    else await rename(aside, path);
    return isSeen;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
