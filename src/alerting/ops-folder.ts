/** Generated files on disk: written, or compared with what is there. */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { makeFolder } from "../core/files/make-folder.ts";
import type { OpsFile } from "./ops-file.ts";

/** Writes the files below `folder`. What stands beside them stays. */
export function writeOpsFiles(folder: string, files: readonly OpsFile[]): void {
  for (const { path, text } of files) {
    const target = join(folder, path);
    makeFolder(dirname(target));
    writeFileSync(target, text);
  }
}

/** Paths below `folder` that are missing, differ, or are generated no longer. */
export function staleOpsFiles(folder: string, files: readonly OpsFile[]): readonly string[] {
  const differing = files.filter(({ path, text }) => {
    const target = join(folder, path);
    return !existsSync(target) || readFileSync(target, "utf8") !== text;
  });
  return [...differing.map(({ path }) => path), ...leftOverFiles(folder, files)].sort();
}

export function removeLeftOvers(folder: string, files: readonly OpsFile[]): void {
  for (const path of leftOverFiles(folder, files)) rmSync(join(folder, path));
}

/** Only in folders of which something is generated: those are generated as a whole. */
function leftOverFiles(folder: string, files: readonly OpsFile[]): readonly string[] {
  const known = new Set(files.map(({ path }) => path));
  const names = new Set(files.filter(({ path }) => path.includes("/")).map(({ path }) => path.split("/")[0]!));
  return [...names].flatMap((name) => {
    const root = join(folder, name);
    if (!existsSync(root)) return [];
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .split(sep)
          .join("/"),
      )
      .filter((path) => !known.has(path));
  });
}
