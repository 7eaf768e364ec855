/**
 * The processes of a run: started on a chosen core, and never outliving the run.
 *
 * Every child is killed when the run ends, fails or is interrupted.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { hasCommand } from "./machine.ts";

/** The server under test has a core for itself; load and provider share the other. */
export const serverCore = 0;
export const loadCore = 1;

/** False on a machine where pinning is impossible: the run says so, its numbers are weak. */
export const canPin: boolean = os.availableParallelism() >= 2 && hasCommand("taskset");

export interface ChildOptions {
  readonly core: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** With a channel for messages to and from the child (Node programs only). */
  readonly hasChannel?: boolean;
}

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  /** What it printed so far. */
  output(): string;
  /** Ends it: politely first, by force after two seconds. */
  stop(): Promise<void>;
}

const alive = new Set<ChildProcess>();
const folders = new Set<string>();
let outputCount = 0;
let outputFolder: string | null = null;

/** A folder for this run, gone after it. */
export function createRunFolder(name: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), `ccr-bench-${name}-`));
  folders.add(folder);
  return folder;
}

/** Starts a program pinned to a core. Its output goes to a file: a pipe would cost this process time. */
export function startChild(command: string, args: readonly string[], options: ChildOptions): Child {
  outputFolder ??= createRunFolder("output");
  mkdirSync(outputFolder, { recursive: true });
  const outputFile = path.join(outputFolder, `${outputCount++}.log`);
  const output = openSync(outputFile, "w");
  const pinned = canPin ? ["taskset", "-c", String(options.core), command] : [command];
  const child = spawn(pinned[0] ?? command, [...pinned.slice(1), ...args], {
    stdio: options.hasChannel === true ? ["ignore", output, output, "ipc"] : ["ignore", output, output],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(output);
  alive.add(child);
  child.once("exit", () => alive.delete(child));
  child.on("error", () => alive.delete(child));
  if (child.pid === undefined) throw new Error(`${command} did not start`);
  return {
    process: child,
    pid: child.pid,
    output: () => readFileSync(outputFile, "utf8"),
    stop: () => stopChild(child),
  };
}

function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill("SIGKILL"), 2_000);
    child.once("exit", () => {
      clearTimeout(force);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

/** Kills what still runs and removes the run's folders. Safe to call twice. */
export function cleanUp(): void {
  for (const child of alive) child.kill("SIGKILL");
  alive.clear();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
  outputFolder = null;
}

process.once("exit", cleanUp);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    cleanUp();
    process.exit(130);
  });
}
