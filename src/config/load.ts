/** The configuration of this process: the file that is found, the environment and `.env`. Reads, never writes. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { withDotEnv } from "./environment.ts";
import { findConfigFile, stateFolderOf } from "./locate.ts";
import { parseConfig } from "./parse.ts";
import { fileErrorReason } from "../core/system-error.ts";
import { ConfigError } from "./problem.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Config } from "./schema.ts";

export interface LoadOptions {
  /** The file that `--config` names. */
  readonly path?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Working folder: where `ccr.yaml` and `.env` are looked for. */
  readonly folder: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path of the file; null if there is none, and the defaults hold. */
  readonly path: string | null;
  readonly warnings: readonly ConfigProblem[];
  /** The environment with what `.env` adds. */
  readonly environment: NodeJS.ProcessEnv;
  readonly stateFolder: string;
}

/** Throws ConfigError with everything that is wrong. Call it again to read the file again. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const environment = withDotEnv(options.folder, options.environment);
  const surroundings = { environment, folder: options.folder };
  const stateFolder = stateFolderOf(surroundings);
  const file = findConfigFile(surroundings, options.path);
  const path = file.kind === "none" ? null : file.path;
  // Without a file nothing says where the user wants files of ours: they go to the state folder.
  const folder = path === null ? stateFolder : dirname(path);
  const text = file.kind === "none" ? "" : readNamed(file.path, file.kind === "named" ? file.by : null);
  const format = path?.endsWith(".json") === true ? "json" : "yaml";
  const readFile = (name: string): string | undefined => readText(folder, name);
  const result = parseConfig(text, { environment, stateFolder, folder, format, readFile });
  if (result.kind === "bad") throw new ConfigError(path, result.problems);
  const problems = missingFiles(result.config);
  if (problems.length > 0) throw new ConfigError(path, problems);
  return { config: result.config, path, warnings: result.warnings, environment, stateFolder };
}

function readNamed(path: string, by: string | null): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const reason = isMissing ? "does not exist" : `cannot be read: ${fileErrorReason(error)}`;
    const problem = `the file ${reason}${by === null ? "" : ` (named by ${by})`}`;
    throw new ConfigError(path, [{ severity: "error", path: "", line: null, problem, nearest: null }]);
  }
}

function readText(folder: string, name: string): string | undefined {
  try {
    return readFileSync(name.startsWith("~/") ? join(homedir(), name.slice(2)) : resolve(folder, name), "utf8");
  } catch {
    return undefined;
  }
}

/** Files that the settings name and that must exist before anything starts. */
function missingFiles({ routing, providers }: Config): readonly ConfigProblem[] {
  const named = [
    { path: "routing.module", file: routing.module },
    ...Object.entries(providers).map(([name, { caFile }]) => ({ path: `providers.${name}.caFile`, file: caFile })),
  ];
  return named.flatMap(({ path, file }) =>
    file === null || existsSync(file)
      ? []
      : [{ severity: "error", path, line: null, problem: `the file ${file} does not exist`, nearest: null }],
  );
}
