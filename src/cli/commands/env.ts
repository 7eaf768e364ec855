/** `ccr env`: the variables for clients, as the shell wants them: `eval "$(ccr env)"`. */
import { basename } from "node:path";
import { keysOf } from "../../app/runtime/keys-of.ts";
import { hashKey } from "../../config/keys-file.ts";
import type { Config } from "../../config/schema.ts";
import { clientEnvironment, hasPassthrough, keyWanted, shownCredential } from "../settings/client-environment.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { findInstance } from "../instance/find-instance.ts";
import { loadRunningSettings } from "../instance/load-settings.ts";
import { requireOwnHost } from "../asking/require-own-host.ts";

export interface EnvArguments extends ConfigArguments {
  readonly shell?: string;
}

type Formatter = (name: string, value: string) => string;

const posix: Formatter = (name, value) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`;

const shells: Readonly<Record<string, Formatter>> = {
  sh: posix,
  bash: posix,
  zsh: posix,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/g, "\\$&")}'`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
};

export async function run(context: CommandContext, { config, shell, json }: EnvArguments): Promise<number> {
  const loaded = loadRunningSettings(context, config, ["server"]);
  const instance = findInstance(stateFolder(context));
  if (instance === null) requireOwnHost(loaded);
  const isPassthrough = hasPassthrough(loaded.config);
  const variables = clientEnvironment(instance ?? loaded.config.server, context.environment, isPassthrough);
  if (json === true) context.output.json(variables);
  else {
    const format = formatterFor(shell ?? guessShell(context.environment));
    for (const [name, value] of Object.entries(variables)) context.output.line(format(name, value));
  }
  // A login of the client's own is a provider's, and meant for it.
  const shown = shownCredential(variables, context.environment);
  if (!isPassthrough && (await isKeyMissing(shown, loaded.config))) context.notes.line(keyWanted(context.environment));
  if (instance === null) context.notes.line("ccr: the router does not run yet; `ccr start` starts it");
  return exitCodes.ok;
}

/** Whether the router has keys, and what clients would show it is none of them: a provider's, say. */
async function isKeyMissing(shown: string | undefined, config: Config): Promise<boolean> {
  if (shown === undefined) return false;
  const { hasKeys, callers } = await keysOf(config);
  return hasKeys && !callers.some(({ hash }) => hash === hashKey(shown));
}

function formatterFor(shell: string): Formatter {
  const format = shells[shell];
  if (format === undefined) {
    throw new CliError(`no shell named ${shell}`, `use one of ${Object.keys(shells).join(", ")}`, exitCodes.usage);
  }
  return format;
}

function guessShell({ SHELL, PSModulePath }: NodeJS.ProcessEnv): string {
  if (SHELL === undefined || SHELL === "") return PSModulePath === undefined ? "sh" : "powershell";
  return basename(SHELL) === "fish" ? "fish" : basename(SHELL) === "pwsh" ? "powershell" : "sh";
}
