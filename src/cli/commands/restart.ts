/** `ccr restart`: stops the router and starts it anew. The configuration is checked first: a bad one stops nothing. */
import { stateFolder } from "../command-context.ts";
import type { CommandContext } from "../command-context.ts";
import { findInstance } from "../find-instance.ts";
import { sameSettings } from "../instance.ts";
import { loadSettings } from "../load-settings.ts";
import type { ServeOptions } from "../serve-options.ts";
import { run as start } from "./start.ts";
import { stopInstance } from "./stop.ts";

export interface RestartArguments extends ServeOptions {
  readonly json?: boolean;
}

export async function run(context: CommandContext, given: RestartArguments): Promise<number> {
  const instance = findInstance(stateFolder(context));
  // What it ran with goes on, unless the command line says otherwise.
  const options = { ...(instance === null ? {} : sameSettings(instance)), ...given };
  const here = instance === null ? context : { ...context, folder: instance.folder };
  loadSettings(here, options);
  if (instance !== null) await stopInstance(context, instance);
  return start(here, options);
}
