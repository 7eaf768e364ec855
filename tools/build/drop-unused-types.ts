/** Which declarations are of use: TypeScript writes one for each module, also for those that no type of the library names. */
import { globSync, readFileSync, rmSync } from "node:fs";
import { join, normalize } from "node:path";

/** Removes each `.d.ts` of `folder` to which no import leads from `index.d.ts`. Throws where an import leads nowhere. */
export function dropUnusedTypes(folder: string): void {
  const used = new Set(["index.d.ts"]);
  // A set's loop also sees what is added meanwhile.
  for (const file of used) for (const imported of importsOf(folder, file)) used.add(imported);
  for (const file of globSync("**/*.d.ts", { cwd: folder })) if (!used.has(file)) rmSync(join(folder, file));
}

function importsOf(folder: string, file: string): readonly string[] {
  const text = readFileSync(join(folder, file), "utf8");
  const imports = text.matchAll(/(?:from |import\(|import )"(\.[^"]+)\.ts"/g);
  return [...imports].map(([, path]) => normalize(join(file, "..", `${path}.d.ts`)));
}
