/** The router that runs for a state folder, as its `router.json` tells; instance.ts has how one comes to be it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isSameProcess } from "../../core/process-identity.ts";

export interface Instance {
  readonly pid: number;
  /** Tells this process from a later one with the same pid. */
  readonly identity: string;
  /** `stopping`: it finishes its calls and takes no new ones. */
  readonly state: "starting" | "running" | "stopping";
  readonly host: string;
  readonly port: number;
  readonly version: string;
  /** File that it runs with; null if it runs without one. */
  readonly configPath: string | null;
  /** What the command line said against the file; absent in what an earlier version wrote. */
  readonly given?: { readonly host?: string | undefined; readonly port?: string | undefined };
  /** Working folder, where `.env` is. */
  readonly folder: string;
  readonly startedAtMs: number;
  /** When it cuts the calls that still go on; said while it stops. */
  readonly callsEndAtMs?: number;
}

/** The running router of this state folder, or null. */
export function findInstance(stateFolder: string): Instance | null {
  const instance = readInstance(stateFolder);
  return instance !== null && isSameProcess(instance.pid, instance.identity) ? instance : null;
}

/** What the file says, whether or not the process still runs. */
export function readInstance(stateFolder: string): Instance | null {
  try {
    const parsed = JSON.parse(readFileSync(instancePath(stateFolder), "utf8")) as Partial<Instance> | null;
    const isWhole = typeof parsed?.pid === "number" && typeof parsed.identity === "string";
    return isWhole ? (parsed as Instance) : null;
  } catch {
    return null;
  }
}

/** File that a router in the background writes to. */
export function logPath(folder: string): string {
  return join(folder, "logs", "router.log");
}

export function instancePath(stateFolder: string): string {
  return join(stateFolder, "router.json");
}
