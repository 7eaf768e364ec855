/** `ccr validate-config`: whether `ccr start` could use the configuration, and everything that is wrong with it. */
import { keysOf, requireKeysBeyondLoopback } from "../../app/runtime/keys-of.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { ConfigError, errorProblem, formatProblem } from "../../config/problem.ts";
import type { ConfigProblem } from "../../config/problem.ts";
import type { Config } from "../../config/schema.ts";
import { messageOf } from "../../core/errors/message-of.ts";
import { fileErrorText } from "../../core/errors/system-error.ts";
import { findProviders, findUnusable, findUnusableRoute } from "../app.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { exitCodes } from "../output/exit-codes.ts";
import { loadSettingsToCheck } from "../instance/load-settings.ts";
import { noProviderError } from "../settings/provider-keys.ts";

interface Verdict {
  readonly file: string | null;
  readonly valid: boolean;
  readonly problems: readonly ConfigProblem[];
}

export async function run(
  context: CommandContext,
  file: string | undefined,
  options: ConfigArguments,
): Promise<number> {
  const verdict = await judge(context, file ?? options.config);
  if (options.json === true) context.output.json(verdict);
  else tell(context, verdict);
  return verdict.valid ? exitCodes.ok : exitCodes.failed;
}

async function judge(context: CommandContext, file: string | undefined): Promise<Verdict> {
  try {
    const loaded = loadSettingsToCheck(context, file);
    const found = [...(await refusalsOf(loaded)), ...(await keyProblems(loaded.config)), ...loaded.warnings];
    return { file: loaded.path, valid: found.every(({ severity }) => severity !== "error"), problems: found };
  } catch (error) {
    if (error instanceof ConfigError) return { file: error.file, valid: false, problems: error.problems };
    throw error;
  }
}

/** What a start would refuse beyond the file itself. */
async function refusalsOf({ config, path, environment }: LoadedConfig): Promise<readonly ConfigProblem[]> {
  const { module } = config.routing;
  const unusableRoute = module === null ? null : await findUnusableRoute(module);
  const refusals = unusableRoute === null ? [] : [errorProblem(unusableRoute)];
  const providers = await findProviders(config, environment);
  if (Object.keys(providers).length === 0) {
    const { message, remedy } = noProviderError(path);
    return [...refusals, errorProblem(`${message}; ${remedy}`)];
  }
  return [...refusals, ...(await findUnusable(providers, environment)).map((problem) => errorProblem(problem))];
}

/** A keys file that is damaged is an error. Keys that are missing are none yet: they are made where the router will run. */
async function keyProblems(config: Config): Promise<readonly ConfigProblem[]> {
  let severity: ConfigProblem["severity"] = "error";
  try {
    const { hasKeys } = await keysOf(config);
    severity = "warning";
    requireKeysBeyondLoopback(config, hasKeys);
    return [];
  } catch (error) {
    return [{ ...errorProblem(fileErrorText(error) ?? messageOf(error)), severity }];
  }
}

function tell({ output }: CommandContext, { file, valid, problems }: Verdict): void {
  for (const problem of problems) {
    const colour = problem.severity === "error" ? "red" : "yellow";
    output.line(`${output.style(colour, problem.severity)} ${formatProblem(file, problem)}`);
  }
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const name = file ?? "no file: the defaults";
  if (valid) output.line(`${output.style("green", "valid")} ${name}`);
  else output.line(`${output.style("red", "not valid")} ${name}: ${errors === 1 ? "one error" : `${errors} errors`}`);
}
