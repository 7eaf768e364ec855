/** Where the program's own files stand, whether it runs from its sources or as the package holds it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of package.json, with docs/ and ops/ in it. */
export const packageFolder: string = findPackageFolder(import.meta.dirname);

const isBuilt = import.meta.filename.endsWith(".js");

/** A file that is read at run time, by its path in src/. The build joins modules: theirs tells nothing of it. */
export function ownFile(path: string): string {
  return join(packageFolder, isBuilt ? "dist" : "src", path);
}

/** A module that another thread or process begins with, by its path in src/ without an ending. */
export function ownProgram(path: string): string {
  return ownFile(`${path}.${isBuilt ? "js" : "ts"}`);
}

function findPackageFolder(from: string): string {
  return existsSync(join(from, "package.json")) ? from : findPackageFolder(dirname(from));
}
