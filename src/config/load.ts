/** The configuration of this process: the file that is found, the environment and `.env`. Reads, never writes. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { withDotEnv } from "./environment.ts";
import { findConfigFile, stateFolderOf } from "./locate.ts";
import { parseConfig } from "./parse.ts";
import type { ParseContext } from "./parse.ts";
import { fileErrorReason } from "../core/errors/system-error.ts";
import { ConfigError, errorProblem } from "./problem.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Config } from "./schema.ts";

export interface LoadOptions {
  /** The file that `--config` names. */
  readonly path?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Working folder: where `ccr.yaml` and `.env` are looked for. */
  readonly folder: string;
  /** Sections that are asked for, where not all are: variables and files that only others name need not be there. */
  readonly needed?: readonly (keyof Config)[] | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path of the file; null if there is none, and the defaults hold. */
  readonly path: string | null;
  /** Whether the file says nothing at all: it may be about to be written. */
  readonly isBlank: boolean;
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
  const context: ParseContext = { environment, stateFolder, folder, format, readFile };
  const needed = parseConfig(text, { ...context, needed: options.needed });
  // What was left out may be missed by another section: whoever reads of that is to read of the reference, too.
  const result = needed.kind === "bad" && options.needed !== undefined ? parseConfig(text, context) : needed;
  if (result.kind === "bad") throw new ConfigError(path, result.problems);
  const problems = fileProblems(result.config);
  if (problems.length > 0) throw new ConfigError(path, problems);
  const isBlank = text.trim() === "";
  return { config: result.config, path, isBlank, warnings: result.warnings, environment, stateFolder };
}

function readNamed(path: string, by: string | null): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const reason = isMissing ? "does not exist" : `cannot be read: ${fileErrorReason(error)}`;
    const problem = `the file ${reason}${by === null ? "" : ` (named by ${by})`}`;
    throw new ConfigError(path, [errorProblem(problem)]);
  }
}

function readText(folder: string, name: string): string | undefined {
  try {
    return readFileSync(name.startsWith("~/") ? join(homedir(), name.slice(2)) : resolve(folder, name), "utf8");
  } catch {
    return undefined;
  }
}

/** Files that the settings name and that must exist before anything starts, or must not be folders. */
function fileProblems({ routing, providers, redis, ledger }: Config): readonly ConfigProblem[] {
  const named = [
    { path: "routing.module", file: routing.module },
    { path: "redis.caFile", file: redis?.caFile ?? null },
    ...Object.entries(providers).map(([name, { caFile }]) => ({ path: `providers.${name}.caFile`, file: caFile })),
  ];
  const missing = named.filter(({ file }) => file !== null && !existsSync(file));
  const { sqlitePath } = ledger;
  const isFolder = existsSync(sqlitePath) && statSync(sqlitePath).isDirectory();
  return [
    ...missing.map(({ path, file }) => errorProblem(`the file ${file} does not exist`, path)),
    ...(isFolder ? [errorProblem(`${sqlitePath} is a folder; name the ledger's file in it`, "ledger.sqlitePath")] : []),
  ];
}
