/**
 * `ccr code …`: Claude Code, going through the router.
 *
 * Starts the router if none runs, and leaves it running: other terminals may use it by then. Claude Code is called for in
 * folders with other people's code, so that router takes neither `ccr.yaml` nor `.env` from where it is called: they could
 * send the user's keys anywhere, or name a module to run.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { constants as osConstants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { findConfigFile } from "../../config/locate.ts";
import type { ConfigFile } from "../../config/locate.ts";
import { reachableUrl } from "../../core/http/local-host.ts";
import { askPlainly } from "../asking/ask-plainly.ts";
import { clientEnvironment, hasPassthrough, keyWanted, shownCredential } from "../settings/client-environment.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError } from "../output/exit-codes.ts";
import { findInstance } from "../instance/find-instance.ts";
import type { Instance } from "../instance/find-instance.ts";
import { sameSettings } from "../instance/instance.ts";
import { launch } from "../instance/launch.ts";
import type { Launched } from "../instance/launch.ts";
import { loadRunningSettings } from "../instance/load-settings.ts";
import { findOnWindowsPath, toWindowsCommand } from "../process/windows-command.ts";
import type { WindowsCommand } from "../process/windows-command.ts";

const patienceMs = 1_000;

const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Answers Claude Code's own exit code. */
export async function run(context: CommandContext, args: readonly string[]): Promise<number> {
  const claude = findClaude(args, context.environment);
  if (claude === null) throw notInstalled();
  const { instance, isNew } = await launchApart(context);
  if (isNew) tellStarted(context, instance);
  // A file that became bad since the start stops nobody from working.
  const variables = clientEnvironment(instance, context.environment, mayPassThrough(context));
  const shown = shownCredential(variables, context.environment);
  // No more than a word: Claude Code's own settings may bring another.
  if (shown !== undefined && (await isRefused(instance, shown))) context.notes.line(keyWanted(context.environment));
  return runClaude(claude, { ...context.environment, ...variables }, context.folder);
}

/** The running router, else one that is started with what belongs to the user: `$CCR_CONFIG` and the state folder. */
function launchApart(context: CommandContext): Promise<Launched> {
  const state = stateFolder(context);
  const running = findInstance(state);
  const environment = { ...context.environment, CCR_HOME: state };
  if (running !== null) return launch({ ...context, environment, folder: running.folder }, sameSettings(running));
  const file = configFileHere(context);
  const config = file.kind === "named" ? file.path : undefined;
  return launch({ ...context, environment, folder: state }, { config });
}

function tellStarted(context: CommandContext, instance: Instance): void {
  const { notes } = context;
  notes.line(`ccr: started the router on ${reachableUrl(instance)}; \`ccr stop\` ends it`);
  const file = configFileHere(context);
  if (file.kind !== "found" || dirname(file.path) === stateFolder(context)) return;
  notes.line(`ccr: without ${file.path}, which may be somebody else's; \`ccr restart\` here takes it`);
}

function configFileHere({ environment, folder }: CommandContext): ConfigFile {
  return findConfigFile({ environment, folder }, undefined);
}

async function isRefused(instance: Instance, key: string): Promise<boolean> {
  try {
    return (await askPlainly(instance, { path: "/v1/models?limit=1", key, patienceMs })).status === 401;
  } catch {
    return false;
  }
}

function mayPassThrough(context: CommandContext): boolean {
  try {
    return hasPassthrough(loadRunningSettings(context, undefined, []).config);
  } catch {
    return false;
  }
}

function runClaude(claude: WindowsCommand, environment: NodeJS.ProcessEnv, folder: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let child: ChildProcess | null = null;
    // Ctrl-C in a terminal reaches the child as well; what is meant for this process alone is passed on. Listened for
    // from before the child's first moment: it may be told to end as soon as it is seen.
    const pass = (signal: NodeJS.Signals): void => void (isFromKeyboard(signal) || child?.kill(signal));
    for (const signal of signals) process.on(signal, pass);
    const done = (): void => signals.forEach((signal) => process.off(signal, pass));
    const { file, ...command } = claude;
    child = spawn(file, command.args, { ...command, env: environment, cwd: folder, stdio: "inherit" });
    child.once("error", (error: NodeJS.ErrnoException) => {
      done();
      reject(new CliError(`Claude Code could not be started (${error.code ?? error.message})`));
    });
    child.once("exit", (code, signal) => {
      done();
      resolve(code ?? 128 + (signal === null ? 1 : osConstants.signals[signal]));
    });
  });
}

/** Asked before anything is started for its sake; null where there is no `claude`. */
function findClaude(args: readonly string[], { PATH = "", ComSpec }: NodeJS.ProcessEnv): WindowsCommand | null {
  if (process.platform === "win32") {
    const file = findOnWindowsPath("claude", PATH);
    return file === null ? null : toWindowsCommand(file, args, ComSpec);
  }
  const isThere = PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, "claude"), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return isThere ? { file: "claude", args, windowsVerbatimArguments: false } : null;
}

function isFromKeyboard(signal: NodeJS.Signals): boolean {
  return signal === "SIGINT" || signal === "SIGQUIT";
}

function notInstalled(): CliError {
  return new CliError(
    "Claude Code is not installed: there is no `claude` on the PATH",
    "install it with `npm install -g @anthropic-ai/claude-code`, then run `ccr code` again",
  );
}
