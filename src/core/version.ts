/** The version of this program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** As package.json says; the path fits the sources and the built package alike. */
export function programVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
