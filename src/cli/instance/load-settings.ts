/** The configuration for a command, with its warnings told. */
import { loadConfig } from "../../config/load.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { formatProblem } from "../../config/problem.ts";
import type { Config } from "../../config/schema.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { findInstance } from "./find-instance.ts";
import type { ServeOptions } from "./serve-options.ts";

/** The sections that a command asks for; left out: all. Keys of providers, for instance, are often in the router's shell alone. */
type Needed = readonly (keyof Config)[];

/** Throws ConfigError. Options of the command line win over the environment, which wins over the file. */
export function loadSettings(
  context: CommandContext,
  { config, host, port }: ServeOptions,
  needed?: Needed,
): LoadedConfig {
  const environment = {
    ...context.environment,
    ...(host === undefined ? {} : { CCR_HOST: host }),
    ...(port === undefined ? {} : { CCR_PORT: port }),
  };
  return loadConfig({ path: config, environment, folder: context.folder, needed });
}

/**
 * For a command about the router that runs: the file that is named, else the one that it runs with, and the `.env` that
 * stands where it was started. Throws ConfigError.
 */
export function loadRunningSettings(context: CommandContext, named: string | undefined, needed?: Needed): LoadedConfig {
  const state = stateFolder(context);
  const running = named === undefined ? findInstance(state) : null;
  if (running === null) return loadSettings(context, { config: named }, needed);
  const there = { ...context, environment: { ...context.environment, CCR_HOME: state }, folder: running.folder };
  return loadSettings(there, { config: running.configPath ?? undefined }, needed);
}

/**
 * For a command that looks at a configuration before or without a router: the file that a start here would take, and
 * where there is none, what the running router has. Throws ConfigError.
 */
export function loadSettingsToCheck(context: CommandContext, named: string | undefined, needed?: Needed): LoadedConfig {
  const here = loadSettings(context, { config: named }, needed);
  return here.path === null ? loadRunningSettings(context, named, needed) : here;
}

export function tellWarnings({ notes }: CommandContext, { warnings, path }: LoadedConfig): void {
  for (const warning of warnings) notes.line(`${notes.style("yellow", "warning")} ${formatProblem(path, warning)}`);
}
