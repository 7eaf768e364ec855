/**
 * A program of others, run beside this process and never longer than it: Prometheus, Alertmanager, an exporter.
 *
 * It stands in a process group of its own, so that Ctrl-C reaches only us and we end it in order. Between us is a shell that
 * ends it as soon as our end of its standard input closes, which the system does whatever death we die.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface ChildProgramOptions {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ChildProgram {
  readonly name: string;
  /** Its pid, not the shell's; null if it has ended before it could be told. */
  readonly pid: number | null;
  /** The last lines it wrote, for messages. */
  output(): string;
  isRunning(): boolean;
  /** Resolves with its exit code when it has ended; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Ends it: asks, waits, then forces. May be called twice. */
  stop(): Promise<void>;
}

const keptLines = 60;
const patienceMs = 5_000;

/** The program's own standard input is empty; ours, behind descriptor 3, says only whether we live. */
const guard = [
  "exec 3<&0",
  '"$0" "$@" 3<&- 4>&- </dev/null & child=$!',
  'echo "pid $child" >&4',
  "exec 4>&-",
  '{ read -r _ <&3; kill "$child"; } 2>/dev/null & watch=$!',
  "exec 3<&-",
  'wait "$child"; code=$?',
  'kill "$watch" 2>/dev/null',
  'exit "$code"',
].join("\n");

/** Starts it. Rejects where it cannot be run. */
export async function startChildProgram(options: ChildProgramOptions): Promise<ChildProgram> {
  const { name, command, args, folder, env = {} } = options;
  const child = spawn("/bin/sh", ["-c", guard, command, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, ...env },
    stdio: ["pipe", "pipe", "pipe", "ignore", "pipe"],
    detached: true,
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream! }).on("line", (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
    });
  }
  // A pipe whose other end is gone says so by an error; the exit tells it too.
  child.stdin!.on("error", () => undefined);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const pid = await readPid(child.stdio[4] as NodeJS.ReadableStream);
  return {
    name,
    pid,
    output: () => lines.join("\n"),
    isRunning,
    exited,
    stop: async () => {
      if (!isRunning()) return;
      child.stdin!.end();
      const force = setTimeout(() => killGroup(child.pid), patienceMs);
      await exited;
      clearTimeout(force);
    },
  };
}

async function readPid(stream: NodeJS.ReadableStream): Promise<number | null> {
  let text = "";
  for await (const piece of stream) text += String(piece);
  const pid = /^pid (\d+)$/m.exec(text)?.[1];
  return pid === undefined ? null : Number(pid);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended in the meantime.
  }
}

/** Resolves when `url` answers with a status below 400. Rejects when the program ends first, or at the deadline, with its last words. */
export async function untilReady(program: ChildProgram, url: string, deadlineMs = 20_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (performance.now() < endMs) {
    if (!program.isRunning()) throw new Error(`${program.name} ended at once:\n${program.output()}`);
    if (await answers(url)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${program.name} did not become ready in ${deadlineMs / 1000} s:\n${program.output()}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
