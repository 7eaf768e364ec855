/** `ccr validate-config`: whether the configuration can be used, and everything that is wrong with it. */
import { ConfigError, formatProblem } from "../../config/problem.ts";
import type { ConfigProblem } from "../../config/problem.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { loadSettings } from "../load-settings.ts";

export interface ValidateArguments {
  readonly config?: string;
  readonly json?: boolean;
}

interface Verdict {
  readonly file: string | null;
  readonly valid: boolean;
  readonly problems: readonly ConfigProblem[];
}

export function run(context: CommandContext, file: string | undefined, options: ValidateArguments): number {
  const verdict = judge(context, file ?? options.config);
  if (options.json === true) context.output.json(verdict);
  else tell(context, verdict);
  return verdict.valid ? exitCodes.ok : exitCodes.failed;
}

function judge(context: CommandContext, file: string | undefined): Verdict {
  try {
    const { path, warnings } = loadSettings(context, { config: file });
    return { file: path, valid: true, problems: warnings };
  } catch (error) {
    if (error instanceof ConfigError) return { file: error.file, valid: false, problems: error.problems };
    throw error;
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
