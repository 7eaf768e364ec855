/** Runs the command that the arguments name, and turns what goes wrong into a line for people and an exit code. */
import { CommanderError } from "commander";
import type { Command } from "commander";
import { ConfigError } from "../config/problem.ts";
import { messageOf } from "../core/errors/message-of.ts";
import { fileErrorRemedy, fileErrorText } from "../core/errors/system-error.ts";
import { CliError, exitCodes } from "./output/exit-codes.ts";
import { createOutput } from "./output/output.ts";
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
  let failedCode: number = exitCodes.failed;
  let hasAnswered = false;
  const output = createOutput(stdout, env);
  const json = (value: unknown): void => {
    hasAnswered = true;
    output.json(value);
  };
  const program = createProgram(async (command, itsFailedCode = exitCodes.failed) => {
    failedCode = itsFailedCode;
    exitCode = await command({
      environment: env,
      folder: process.cwd(),
      output: { ...output, json },
      notes: createOutput(stderr, env),
      isInteractive: stdin.isTTY && stdout.isTTY,
    });
  });
  throwInsteadOfExit(program);
  try {
    await program.parseAsync(args.length === 0 ? ["help"] : args, { from: "user" });
    return exitCode;
  } catch (error) {
    // It has printed its help, which was asked for.
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    const failure = failureOf(error);
    report(error, failure);
    // `ccr code` hands its arguments on.
    if (args.includes("--json") && args[0] !== "code" && !hasAnswered) json({ error: failure });
    if (error instanceof CommanderError) return exitCodes.usage;
    return error instanceof CliError && error.exitCode !== exitCodes.failed ? error.exitCode : failedCode;
  }
}

/** Commander would end the process itself, with exit code 1 for a wrong command line. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwInsteadOfExit);
}

interface Failure {
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string | null;
}

function failureOf(error: unknown): Failure {
  const remedy = error instanceof CliError ? error.remedy : fileErrorRemedy(error);
  if (error instanceof CommanderError) {
    return { message: error.message.replace(/^error: /, ""), remedy: "`--help` after the command shows how it goes" };
  }
  if (error instanceof ConfigError) return { message: `the configuration cannot be used:\n${error.message}`, remedy };
  return { message: fileErrorText(error) ?? messageOf(error), remedy };
}

function report(error: unknown, { message, remedy }: Failure): void {
  if (error instanceof CommanderError) return; // it has printed its message
  const notes = createOutput(stderr, env);
  const isDebugging = env.CCR_DEBUG !== undefined && env.CCR_DEBUG !== "" && error instanceof Error;
  notes.line(isDebugging ? (error.stack ?? error.message) : `${notes.style("red", "ccr:")} ${message}`);
  if (remedy !== null) notes.line(`     ${remedy}`);
}
