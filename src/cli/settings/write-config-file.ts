/** Writes a new configuration file. Never over an old one by itself; with leave to, the old one is kept beside it. */
import { copyFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CliError } from "../output/exit-codes.ts";

/** Writes `text` to `path`; answers where the file before was kept, null if there was none. Throws CliError. */
export async function writeConfigFile(path: string, text: string, mayReplace: boolean): Promise<string | null> {
  await requireFree(path, mayReplace);
  const backup = (await exists(path)) ? await freeName(path) : null;
  if (backup !== null) await copyFile(path, backup);
  // It may hold keys: nobody else's business.
  await writeFile(path, text, { mode: 0o600 });
  return backup;
}

/** Throws CliError if a file stands at `path` that may not be replaced. */
export async function requireFree(path: string, mayReplace: boolean): Promise<void> {
  if (mayReplace || !(await exists(path))) return;
  throw new CliError(
    `${path} exists already, and is left as it is`,
    "write elsewhere with `--output FILE`, or replace it with `--force` (a copy is kept)",
  );
}

/** What to do with the file that was written: where it is not the one that the commands take by themselves, they name it. */
export function nextSteps(folder: string, path: string): string {
  const option = path === join(folder, "ccr.yaml") ? "" : ` --config ${quoted(path)}`;
  return `next: \`ccr validate-config${option}\`, then \`ccr start${option}\``;
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

async function freeName(path: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = `${path}.bak${count === 1 ? "" : count}`;
    if (!(await exists(name))) return name;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
