/** The router that runs for a state folder, as its `router.json` tells; instance.ts has how one comes to be it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileErrorReason } from "../../core/errors/system-error.ts";
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import { isSameProcess } from "../../core/process-identity.ts";
import { CliError } from "../output/exit-codes.ts";

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

/** The running router of this state folder, or null. Throws as `readInstance` does. */
export function findInstance(stateFolder: string): Instance | null {
  const instance = readInstance(stateFolder);
  return instance !== null && isSameProcess(instance.pid, instance.identity) ? instance : null;
}

/**
 * What the file says, whether or not the process still runs; null for none. Throws CliError where it cannot be read: to another
 * user than the router's "not running" would be untrue.
 */
export function readInstance(stateFolder: string): Instance | null {
  const parsed = parseJson(readText(instancePath(stateFolder)));
  const isWhole = isJsonObject(parsed) && typeof parsed.pid === "number" && typeof parsed.identity === "string";
  return isWhole ? (parsed as unknown as Instance) : null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(String((error as NodeJS.ErrnoException).code))) return "";
    throw new CliError(
      `whether a router runs cannot be told: ${path}: ${fileErrorReason(error)}`,
      "ask as the user whose router it is, or name another state folder by CCR_HOME",
    );
  }
}

/** File that a router in the background writes to. */
export function logPath(folder: string): string {
  return join(folder, "logs", "router.log");
}

export function instancePath(stateFolder: string): string {
  return join(stateFolder, "router.json");
}
