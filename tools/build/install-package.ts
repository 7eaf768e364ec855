/** The package as it stands where it is installed, without the types, built from the sources of this moment. */
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { buildProgram } from "./build-program.ts";

const root = join(import.meta.dirname, "../..");

/** Into `folder`, which need not exist. Throws Error where a source does not compile. */
export async function installPackage(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await buildProgram(join(folder, "dist"));
  for (const name of ["bin", "package.json"]) cpSync(join(root, name), join(folder, name), { recursive: true });
  for (const name of ["node_modules", "docs", "ops"]) symlinkSync(join(root, name), join(folder, name));
}
