/** Builds `dist/`, the package's content: JavaScript and types out of the sources. */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
const compiled = spawnSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
// Files that the program reads at run time stand beside the code that reads them.
for (const file of globSync("src/**/{*.{sql,lua,html,css,js,json},LICENSE}", { exclude: ["**/testdata/**"] })) {
  cpSync(file, file.replace(/^src/, "dist"));
}
