/**
 * Bounds the log of a router in the background, which is its standard output: a file that only the system holds open, so
 * that it cannot be replaced. Full, it is copied beside itself (`.1`, over an earlier one) and emptied.
 */
import { appendFileSync, closeSync, fstatSync, ftruncateSync, openSync, readSync, statSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import type { Logger } from "../../core/log/logging.ts";

/** Size from which a log makes room. */
export const maxLogBytes = 10_000_000;
/** At ten thousand calls a second the file is three times as long by then. */
const lookEveryMs = 5_000;

/** Looks now and then for as long as the process lives, where `file` (open to append) is the one at `path`. */
export function boundLog(path: string, file: number, logger: Logger): void {
  if (!isSameFile(path, file)) return;
  let running: Promise<void> | null = null;
  setInterval(() => {
    running ??= makeRoom(path, file, maxLogBytes)
      .catch((error: unknown) => logger.warn({ error: String(error) }, "the log is full and cannot be copied"))
      .finally(() => (running = null));
  }, lookEveryMs).unref();
}

/** Copies `file` to `<path>.1` and empties it, once it is longer than `maxBytes`. */
export async function makeRoom(path: string, file: number, maxBytes: number): Promise<void> {
  if (fstatSync(file).size <= maxBytes) return;
  const copy = `${path}.1`;
  await copyFile(path, copy);
  appendRest(path, copy); // what was written meanwhile
  ftruncateSync(file, 0);
}

function appendRest(path: string, copy: string): void {
  const copied = statSync(copy).size;
  const rest = Buffer.alloc(Math.max(0, statSync(path).size - copied));
  const file = openSync(path, "r");
  try {
    appendFileSync(copy, rest.subarray(0, readSync(file, rest, 0, rest.length, copied)));
  } finally {
    closeSync(file);
  }
}

function isSameFile(path: string, file: number): boolean {
  try {
    const [named, open] = [statSync(path), fstatSync(file)];
    return open.isFile() && named.ino === open.ino && named.dev === open.dev;
  } catch {
    return false;
  }
}
