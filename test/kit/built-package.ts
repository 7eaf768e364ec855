/** The package as it stands where it is installed, built from the sources of this moment. */
import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { buildProgram } from "../../tools/build/build-program.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";
import type { CleansUp } from "./temporary-folder.ts";

const projectFolder = join(import.meta.dirname, "../..");

export interface BuiltPackage {
  readonly folder: string;
  /** The `ccr` program. */
  readonly program: string;
}

/** Without types. It is removed after the test `t`. */
export async function installBuilt(t: CleansUp): Promise<BuiltPackage> {
  const folder = createTemporaryFolder(t);
  await buildProgram(join(folder, "dist"));
  for (const name of ["bin", "package.json"])
    cpSync(join(projectFolder, name), join(folder, name), { recursive: true });
  symlinkSync(join(projectFolder, "node_modules"), join(folder, "node_modules"));
  return { folder, program: join(folder, "bin/ccr.js") };
}
