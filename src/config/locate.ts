/** Where the program keeps its state, and where it looks for its configuration. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Working folder. */
  readonly folder: string;
}

/** `$CCR_HOME`, else `$XDG_STATE_HOME/ccr`, else `~/.ccr`; absolute. */
export function stateFolderOf({ environment, folder }: Surroundings): string {
  const { CCR_HOME, XDG_STATE_HOME, HOME } = environment;
  if (isSet(CCR_HOME)) return resolve(folder, CCR_HOME);
  if (isSet(XDG_STATE_HOME)) return resolve(folder, XDG_STATE_HOME, "ccr");
  return join(isSet(HOME) ? HOME : homedir(), ".ccr");
}

export type ConfigFile =
  /** A file that was asked for by name: it must exist. `by`: the variable that named it; null for the command line. */
  | { readonly kind: "named"; readonly path: string; readonly by: "CCR_CONFIG" | null }
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "none"; readonly looked: readonly string[] };

const names = ["ccr.yaml", "ccr.yml", "ccr.json"];

/** The configuration file: `--config`, `$CCR_CONFIG`, `./ccr.yaml|yml|json`, `<state folder>/ccr.yaml`. */
export function findConfigFile(surroundings: Surroundings, named: string | undefined): ConfigFile {
  const { environment, folder } = surroundings;
  if (named !== undefined) return { kind: "named", path: resolve(folder, named), by: null };
  const { CCR_CONFIG } = environment;
  if (isSet(CCR_CONFIG)) return { kind: "named", path: resolve(folder, CCR_CONFIG), by: "CCR_CONFIG" };
  const looked = [...names.map((name) => join(folder, name)), join(stateFolderOf(surroundings), "ccr.yaml")];
  const path = looked.find((candidate) => existsSync(candidate));
  return path === undefined ? { kind: "none", looked } : { kind: "found", path };
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
