/**
 * Builds this router as its package ships it, into a folder of the run: what is measured is what users install, and
 * `dist/` of the checkout stays as it is.
 */
import { cpSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildProgram } from "../../tools/build/build-program.ts";
import { createRunFolder } from "../rig/children.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

let built: Promise<string> | null = null;

/** The installed program's file; made on the first call. */
export function buildOnce(): Promise<string> {
  built ??= build();
  return built;
}

/** The program as the checkout holds it: slower to start, but profiles show the sources' lines. */
export const sourceProgram: string = path.join(root, "src/cli/main.ts");

async function build(): Promise<string> {
  const folder = createRunFolder("built");
  await buildProgram(path.join(folder, "dist"));
  for (const name of ["bin", "docs", "package.json"]) {
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  return path.join(folder, "bin/ccr.js");
}
