/** The configuration for a command, with its warnings told. */
import { loadConfig } from "../config/load.ts";
import type { LoadedConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { stateFolder } from "./command-context.ts";
import type { CommandContext } from "./command-context.ts";
import { findInstance } from "./find-instance.ts";
import type { ServeOptions } from "./serve-options.ts";

/** Throws ConfigError. Options of the command line win over the environment, which wins over the file. */
export function loadSettings(context: CommandContext, { config, host, port }: ServeOptions): LoadedConfig {
  const environment = {
    ...context.environment,
    ...(host === undefined ? {} : { CCR_HOST: host }),
    ...(port === undefined ? {} : { CCR_PORT: port }),
  };
  return loadConfig({ path: config, environment, folder: context.folder });
}

/**
 * For a command about the router that runs: the file that is named, else the one that it runs with, and the `.env` that
 * stands where it was started. Throws ConfigError.
 */
export function loadRunningSettings(context: CommandContext, named: string | undefined): LoadedConfig {
  const state = stateFolder(context);
  const running = named === undefined ? findInstance(state) : null;
  if (running === null) return loadSettings(context, { config: named });
  const environment = { ...context.environment, CCR_HOME: state };
  return loadSettings({ ...context, environment, folder: running.folder }, { config: running.configPath ?? undefined });
}

/**
 * For a command that looks at a configuration before or without a router: the file that a start here would take, and
 * where there is none, what the running router has. Throws ConfigError.
 */
export function loadSettingsToCheck(context: CommandContext, named: string | undefined): LoadedConfig {
  const here = loadSettings(context, { config: named });
  return here.path === null ? loadRunningSettings(context, named) : here;
}

export function tellWarnings({ notes }: CommandContext, { warnings, path }: LoadedConfig): void {
  for (const warning of warnings) notes.line(`${notes.style("yellow", "warning")} ${formatProblem(path, warning)}`);
}
