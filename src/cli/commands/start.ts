/** `ccr start`: a router in the background, or in this process. */
import { resolve } from "node:path";
import { reachableUrl } from "../../core/http/local-host.ts";
import { ConfigError } from "../../config/problem.ts";
import { StructuredLogger } from "../../core/log/logging.ts";
import type { LogFields } from "../../core/log/log-fields.ts";
import { messageOf } from "../../core/errors/message-of.ts";
import { fileErrorRemedy, fileErrorText } from "../../core/errors/system-error.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { logPath } from "../instance/find-instance.ts";
import type { Instance } from "../instance/find-instance.ts";
import { launch } from "../instance/launch.ts";
import type { LaunchReport } from "../instance/launch.ts";
import { loadSettings, tellWarnings } from "../instance/load-settings.ts";
import { serve } from "../instance/serve.ts";
import type { ServeOptions } from "../instance/serve-options.ts";

export interface StartArguments extends ServeOptions {
  readonly foreground?: boolean;
  readonly json?: boolean;
}

export async function run(context: CommandContext, { foreground, json, ...options }: StartArguments): Promise<number> {
  if (foreground === true) return startHere(context, options, json === true);
  const loaded = loadSettings(context, options);
  tellWarnings(context, loaded);
  const { instance, isNew } = await launch(context, options);
  if (!isNew) requireAsked(context, options, instance);
  if (json === true) context.output.json({ started: isNew, url: reachableUrl(instance), ...instance });
  else if (isNew) tellStarted(context, instance, logPath(loaded.stateFolder));
  else tellRunning(context, instance);
  return exitCodes.ok;
}

async function startHere(context: CommandContext, options: ServeOptions, json: boolean): Promise<number> {
  const report = (message: LaunchReport): void => void process.send?.(message);
  try {
    return await serve(context, options, (event) => {
      report(event);
      const { kind, instance } = event;
      if (kind === "already-running") requireAsked(context, options, instance);
      if (json) context.output.json({ started: kind === "running", url: reachableUrl(instance), ...instance });
      else if (kind === "already-running") tellRunning(context, instance);
      // In the background the log takes what is told here: it holds lines of JSON, and one of them says the same.
      else if (process.send === undefined)
        context.notes.line(`ccr ${instance.version} listens on ${reachableUrl(instance)} (pid ${instance.pid})`);
    });
  } catch (error) {
    if (process.send === undefined) throw error;
    const { message, remedy } = failure(error);
    // Whoever hears of it may look at the log at once.
    logRefusal(message, context.environment.CCR_DEBUG ? { error } : {});
    report({ kind: "failed", message, remedy });
    return exitCodes.failed;
  }
}

/** The one who started it tells people; the log, which takes what this process writes, holds lines of JSON. */
function logRefusal(message: string, fields: LogFields): void {
  const logger = new StructuredLogger();
  logger.error(fields, `the router cannot start: ${message}`);
  logger.close();
}

/** Throws where the one that runs is not what the command line names. */
function requireAsked({ folder }: CommandContext, { config, host, port }: ServeOptions, instance: Instance): void {
  const differs =
    (config !== undefined && resolve(folder, config) !== instance.configPath) ||
    (host !== undefined && host !== instance.host) ||
    (port !== undefined && port !== "0" && Number(port) !== instance.port);
  if (!differs) return;
  const running = `${reachableUrl(instance)} (pid ${instance.pid}, ${instance.configPath ?? "without a file"})`;
  throw new CliError(
    `another router runs already: ${running}`,
    "`ccr restart` with the same options puts this one in its place; a state folder of its own (CCR_HOME) runs it beside",
  );
}

function failure(error: unknown): { readonly message: string; readonly remedy: string | null } {
  if (error instanceof CliError) return { message: error.message, remedy: error.remedy };
  const message = fileErrorText(error) ?? messageOf(error);
  const remedy =
    error instanceof ConfigError ? "mend the file; docs/config.md lists every setting" : fileErrorRemedy(error);
  return { message, remedy };
}

function tellStarted({ output }: CommandContext, instance: Instance, log: string): void {
  const url = reachableUrl(instance);
  output.line(`${output.style("green", "started")} ${output.style("bold", url)} (pid ${instance.pid})`);
  output.table([
    ["configuration", instance.configPath ?? "none: providers come from the environment"],
    ["log", log],
    ["use it", '`ccr code`, or `eval "$(ccr env)"` and then `claude`'],
  ]);
}

function tellRunning({ output }: CommandContext, instance: Instance): void {
  output.line(
    `already running on ${output.style("bold", reachableUrl(instance))} (pid ${instance.pid}); \`ccr restart\` starts it anew`,
  );
}
