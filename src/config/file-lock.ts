/**
 * A lock between processes for short work on a file: a link beside it, which only one process can make.
 *
 * The link leads nowhere, its target names the holder: it is there from the lock's first moment, so a holder that was
 * killed at any moment keeps nobody waiting.
 */
import { lstat, readlink, rename, rm, symlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createRandomHex } from "../core/ids.ts";
import { isSameProcess, processIdentity } from "../core/process-identity.ts";

/** Nobody holds it so long. It frees what a dead process of another host left, whose life cannot be seen from here. */
const staleAfterMs = 10_000;
const patienceMs = 2 * staleAfterMs;
const pollMs = 20;
const separator = "~";

/** Runs `work` while nobody else holds the lock at `path`. Throws if it stays taken for twenty seconds. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const holder = [hostname(), process.pid, processIdentity(process.pid) ?? "", createRandomHex()].join(separator);
  await acquire(path, holder);
  try {
    return await work();
  } finally {
    // Work that took too long may have lost it to another.
    if ((await holderOf(path)) === holder) await rm(path, { force: true });
  }
}

async function acquire(path: string, holder: string): Promise<void> {
  for (let waitedMs = 0; waitedMs <= patienceMs; waitedMs += pollMs) {
    try {
      // On Windows anybody may make a junction, but only an administrator a link.
      await symlink(holder, path, "junction");
      return;
    } catch (error) {
      // Node names what the link says, not where it was to stand.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw Object.assign(error as Error, { path });
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
    const seen = await lstat(path);
    const holder = await holderOf(path);
    if (!hasDied(holder) && Date.now() - seen.mtimeMs <= staleAfterMs) return false;
    const aside = `${path}.${createRandomHex()}`;
    await rename(path, aside);
    const moved = await lstat(aside);
    const isSeen = moved.ino === seen.ino && moved.mtimeMs === seen.mtimeMs;
    if (isSeen) await rm(aside, { recursive: true });
    else await rename(aside, path);
    return isSeen;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Who holds the lock; null where nobody does, or nobody says. */
async function holderOf(path: string): Promise<string | null> {
  try {
    return basename(await readlink(path));
  } catch {
    return null;
  }
}

/** Whether the holder was a process of this host that is gone. */
function hasDied(holder: string | null): boolean {
  const [host, pid, identity] = holder?.split(separator) ?? [];
  return host === hostname() && identity !== undefined && !isSameProcess(Number(pid), identity);
}
