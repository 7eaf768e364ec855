/** The package as it stands where it is installed, built from the sources of this moment. */
import { join } from "node:path";
import { installPackage } from "../../tools/build/install-package.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";
import type { CleansUp } from "./temporary-folder.ts";

export interface BuiltPackage {
  readonly folder: string;
  /** The `ccr` program. */
  readonly program: string;
}

/** Without types. It is removed after the test `t`. */
export async function installBuilt(t: CleansUp): Promise<BuiltPackage> {
  const folder = createTemporaryFolder(t);
  await installPackage(folder);
  return { folder, program: join(folder, "bin/ccr.js") };
}
