/** The version of this program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "./files/own-files.ts";

/** As package.json says. */
export function programVersion(): string {
  const text = readFileSync(join(packageFolder, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
