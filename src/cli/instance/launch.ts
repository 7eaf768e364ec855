/** Starts a router in the background, and waits until it serves or says why it cannot. */
import { spawn } from "node:child_process";
import { closeSync, openSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError } from "../output/exit-codes.ts";
import { maxLogBytes } from "./bound-log.ts";
import { findInstance, logPath } from "./find-instance.ts";
import type { Instance } from "./find-instance.ts";
import { makeStateFolder } from "./make-state-folder.ts";
import { stopInstance } from "./stop-instance.ts";
import type { ServeOptions } from "./serve-options.ts";

/** What the process in the background tells the one that started it. */
export type LaunchReport =
  | { readonly kind: "running" | "already-running"; readonly instance: Instance }
  | { readonly kind: "failed"; readonly message: string; readonly remedy: string | null };

export interface Launched {
  readonly instance: Instance;
  /** False if it was there already. */
  readonly isNew: boolean;
}

const startPatienceMs = 30_000;
const pollMs = 50;

/** The running router of the state folder, started now if there is none. Throws CliError. */
export async function launch(context: CommandContext, options: ServeOptions): Promise<Launched> {
  const folder = stateFolder(context);
  const found = findInstance(folder);
  if (found?.state === "stopping") await stopInstance(context, found);
  else if (found !== null) return { instance: await untilRunning(folder, found), isNew: false };
  const report = await spawnServer(context, options);
  if (report.kind === "failed") throw new CliError(report.message, report.remedy);
  return {
    instance: await untilRunning(folder, report.instance),
    isNew: report.kind === "running",
  };
}

/** Somebody else's start may be under way: it is waited for. */
async function untilRunning(folder: string, instance: Instance): Promise<Instance> {
  let current: Instance | null = instance;
  for (let waitedMs = 0; waitedMs < startPatienceMs; waitedMs += pollMs) {
    if (current === null) throw new CliError("the router that was starting ended", "`ccr logs` says why");
    if (current.state === "running") return current;
    await wait(pollMs);
    current = findInstance(folder);
  }
  throw new CliError(
    `process ${instance.pid} has been starting for ${startPatienceMs / 1000} s`,
    "`ccr logs` says why",
  );
}

async function spawnServer(context: CommandContext, options: ServeOptions): Promise<LaunchReport> {
  const log = openLog(logPath(stateFolder(context)));
  const flags = Object.entries(options).flatMap(([name, value]) =>
    typeof value === "string" ? [`--${name}`, value] : [],
  );
  const child = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? "", "start", "--foreground", ...flags],
    {
      cwd: context.folder,
      env: context.environment,
      detached: true,
      stdio: ["ignore", log, log, "ipc"],
      windowsHide: true,
    },
  );
  closeSync(log);
  const report = await new Promise<LaunchReport>((resolve) => {
    const give = (message: string): void => resolve({ kind: "failed", message, remedy: "`ccr logs` says more" });
    child.once("message", (message) => resolve(message as LaunchReport));
    child.once("error", (error) => give(`the router could not be started: ${error.message}`));
    child.once("exit", (code, signal) => give(`the router ended while it started (${signal ?? `exit code ${code}`})`));
  });
  if (child.connected) child.disconnect();
  child.removeAllListeners();
  child.unref();
  return report;
}

function openLog(path: string): number {
  makeStateFolder(dirname(path));
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}
