/** The `ccr` program as users run it: a process with arguments, a state folder of its own, and what it printed. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { mainFile } from "./main-file.ts";
import { programEnvironment } from "./program-environment.ts";

export interface CliRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Working folder and HOME; the state folder is `state` in it. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `ccr` with these arguments to its end. Of this process's own variables few get through. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliRun> {
  const child = spawnCli(args, options);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", reject);
  });
  const [exitCode, stdout, stderr] = await Promise.all([ended, readAll(child.stdout), readAll(child.stderr)]);
  return { exitCode, stdout, stderr };
}

/** Starts `ccr` with these arguments. */
export function spawnCli(args: readonly string[], { folder, env }: CliOptions): ChildProcess {
  return spawn(process.execPath, [mainFile, ...args], {
    cwd: folder,
    env: {
      ...programEnvironment,
      HOME: folder,
      CCR_HOME: join(folder, "state"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function readAll(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? "" : text(stream);
}
