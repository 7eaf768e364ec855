/** `ccr logs`: the last lines of the background router's log, and those to come. */
import { open, stat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { readCount } from "../arguments/read-count.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { logPath } from "../instance/find-instance.ts";

/** More than this of the end is never read for the last lines. */
const tailBytes = 1_048_576;
const pollMs = 250;

export interface LogsArguments {
  readonly follow?: boolean;
  readonly lines: string;
}

export async function run(context: CommandContext, { follow, lines }: LogsArguments): Promise<number> {
  const count = readCount("--lines", lines, { least: 0, most: Number.MAX_SAFE_INTEGER });
  const path = logPath(stateFolder(context));
  const size = await sizeOf(path);
  if (size === null) {
    throw new CliError(
      `there is no log yet (${path})`,
      "`ccr start` writes one; `ccr start --foreground` logs to the terminal",
    );
  }
  const tail = await read(path, Math.max(0, size - tailBytes), size);
  const last = tail.replace(/\n$/, "").split("\n").slice(-count);
  if (count > 0 && tail !== "") context.output.line(last.join("\n"));
  if (follow === true) await followFrom(context, path, size);
  return exitCodes.ok;
}

/** Prints what is added until the process is told to end; a file that shrank has been begun anew. */
async function followFrom({ output }: CommandContext, path: string, start: number): Promise<never> {
  let position = start;
  let unfinished = "";
  for (;;) {
    await wait(pollMs);
    const size = (await sizeOf(path)) ?? 0;
    if (size < position) position = 0;
    if (size === position) continue;
    const lines = (unfinished + (await read(path, position, size))).split("\n");
    position = size;
    unfinished = lines.pop() ?? "";
    for (const line of lines) output.line(line);
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") throw error;
    return null;
  }
}

async function read(path: string, from: number, to: number): Promise<string> {
  const file = await open(path, "r"); // no `await using`: Node 22 does not know it
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
