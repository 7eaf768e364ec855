/** The licenses of packages whose code is joined into ours: each asks that its text goes where its code goes. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The text of every package that one of the modules belongs to. Throws Error where a package has none. */
export function licensesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((module) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? []));
  return [...folders]
    .sort()
    .map(licenseOf)
    .join(`\n${"-".repeat(80)}\n`);
}

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageFacts;
  const [file] = globSync("{LICENSE,LICENCE,license}*", { cwd: folder });
  if (file === undefined) throw new Error(`${name} has no license file`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}
