/** Runs the command that the arguments name, and turns what goes wrong into a line for people and an exit code. */
import { CommanderError } from "commander";
import type { Command } from "commander";
import { ConfigError } from "../config/problem.ts";
import { fileErrorRemedy, fileErrorText } from "../core/system-error.ts";
import { CliError, exitCodes } from "./exit-codes.ts";
import { createOutput } from "./output.ts";
import { createProgram } from "./program.ts";

const { stdout, stderr, stdin, env } = process;

// A reader that has seen enough (`ccr logs | head`) ends the program without a word.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  // A full disk: what was written is not whole.
  stderr.write(`ccr: the output could not be written: ${fileErrorText(error) ?? error.message}\n`, () =>
    process.exit(exitCodes.failed),
  );
});

const exitCode = await main(process.argv.slice(2));
// What an own routing module left running does not keep a command that is over.
stdout.write("", (error) => {
  if (!error) stderr.write("", () => process.exit(exitCode));
});

async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = createProgram(async (command) => {
    exitCode = await command({
      environment: env,
      folder: process.cwd(),
      output: createOutput(stdout, env),
      notes: createOutput(stderr, env),
      isInteractive: stdin.isTTY && stdout.isTTY,
    });
  });
  throwInsteadOfExit(program);
  try {
    await program.parseAsync(args.length === 0 ? ["help"] : args, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

/** Commander would end the process itself, with exit code 1 for a wrong command line. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwInsteadOfExit);
}

function report(error: unknown): number {
  const notes = createOutput(stderr, env);
  if (error instanceof CommanderError) {
    // It has printed its message, or the help that was asked for.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  const label = notes.style("red", "ccr:");
  if (env.CCR_DEBUG !== undefined && env.CCR_DEBUG !== "" && error instanceof Error) {
    notes.line(error.stack ?? error.message);
  } else if (error instanceof ConfigError) {
    notes.line(`${label} the configuration cannot be used:\n${error.message}`);
  } else notes.line(`${label} ${fileErrorText(error) ?? (error instanceof Error ? error.message : String(error))}`);
  const remedy = error instanceof CliError ? error.remedy : fileErrorRemedy(error);
  if (remedy !== null) notes.line(`     ${remedy}`);
  return error instanceof CliError ? error.exitCode : exitCodes.failed;
}
