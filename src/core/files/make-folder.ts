/**
 * Makes a folder and what is missing above it.
 *
 * Not by `mkdir(…, { recursive: true })`: where a file system answers ENOENT although the folder above exists (an
 * automounted /home, /proc), Node 24 tries again without end, and its memory grows meanwhile.
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Throws the system's error. `mode` holds for folders that are made, not for those that are there. */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !isFolder(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) makeOne(folder, mode);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Another process may have made it meanwhile. */
function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isFolder(path)) throw error;
  }
}
