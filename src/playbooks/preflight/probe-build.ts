/** Looks at the program's own files: is the build complete, and as new as its sources? */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BuildState } from "./preflight-figures.ts";

/** What a build must hold to start and to be looked after. */
export const neededFiles: readonly string[] = [
  "dist/cli/main.js",
  "dist/costs/ledger/sqlite/sqlite-thread-main.js",
  "dist/admin/console/index.html",
];

/** `folder`: where package.json is. */
export function probeBuild(folder: string): BuildState {
  const hasSources = existsSync(join(folder, "src/cli/main.ts"));
  if (!existsSync(join(folder, "dist")))
    return hasSources ? { kind: "sources" } : { kind: "incomplete", missing: "dist/" };
  const missing = neededFiles.find((file) => !existsSync(join(folder, file)));
  if (missing !== undefined) return { kind: "incomplete", missing };
  if (!hasSources) return { kind: "built" };
  const builtMs = statSync(join(folder, neededFiles[0]!)).mtimeMs;
  const newer = globSync("src/**/*.ts", { cwd: folder }).filter(
    (file) => !file.endsWith(".test.ts") && statSync(join(folder, file)).mtimeMs > builtMs,
  );
  return newer[0] === undefined ? { kind: "built" } : { kind: "stale", newest: newer[0] };
}

/** `^22.19 || >=24`, as package.json has it. */
export function neededNode(folder: string): string {
  const text = readFileSync(join(folder, "package.json"), "utf8");
  return (JSON.parse(text) as { engines: { node: string } }).engines.node;
}
