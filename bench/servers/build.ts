/**
 * Builds this router as its package ships it, into a folder of the run: what is measured is what users install, and
 * `dist/` of the checkout stays as it is.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createRunFolder } from "../rig/children.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

let built: string | null = null;

/** The built program's file; made on the first call. */
export function buildOnce(): string {
  built ??= build();
  return built;
}

/** The program as the checkout holds it: slower to start, but profiles show the sources' lines. */
export const sourceProgram: string = path.join(root, "src/cli/main.ts");

function build(): string {
  const folder = createRunFolder("built");
  const compiler = path.join(root, "node_modules/.bin/tsc");
  const out = path.join(folder, "dist");
  const compiled = spawnSync(compiler, ["-p", path.join(root, "tsconfig.build.json"), "--outDir", out], {
    encoding: "utf8",
  });
  const program = path.join(out, "cli/main.js");
  if (!existsSync(program)) throw new Error(`the build failed: ${compiled.stdout.slice(0, 300)}`);
  if (compiled.status !== 0) console.log(`built with type errors: ${compiled.stdout.split("\n")[0]}`);
  const assets = globSync("**/{*.{sql,lua,html,css,js,json},LICENSE}", {
    cwd: path.join(root, "src"),
    exclude: ["**/testdata/**"],
  });
  for (const file of assets) cpSync(path.join(root, "src", file), path.join(out, file));
  for (const name of ["package.json", "LICENSE"]) cpSync(path.join(root, name), path.join(folder, name));
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  return program;
}
