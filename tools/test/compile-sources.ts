/**
 * Fills Node's compile cache with the project's sources, once for a whole run: a process that finds one file without its
 * types removed loads the compiler that removes them, for an eighth of a second of processor time, and each test file's
 * process would find at least its own.
 *
 * All are imported behind a module that throws: they are read and compiled, and none of them runs.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** `compileCache`: the folder that later processes find in NODE_COMPILE_CACHE. */
export function compileSources(root: string, compileCache: string): void {
  const files = globSync(["{src,test,bench,tools}/**/*.ts"], { cwd: root });
  const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(join(root, file)).href)};\n`);
  const program = `import "data:text/javascript,throw null";\n${imports.join("")}`;
  const env = { ...process.env, NODE_COMPILE_CACHE: compileCache };
  spawnSync(process.execPath, ["--input-type=module"], {
    input: program,
    env,
    cwd: root,
    stdio: ["pipe", "ignore", "ignore"],
  });
}
