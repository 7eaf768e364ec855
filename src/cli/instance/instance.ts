/**
 * The claim to be the router of a state folder: at most one, described by `router.json` while it runs.
 *
 * The process that serves claims the file before it listens and removes it when it ends. A file whose process is gone,
 * or is another program by now, counts as none.
 */
import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { withFileLock } from "../../config/file-lock.ts";
import { isSameProcess, processIdentity } from "../../core/process-identity.ts";
import { replaceFile } from "../../core/files/replace-file.ts";
import { instancePath, readInstance } from "./find-instance.ts";
import type { Instance } from "./find-instance.ts";
import { makeStateFolder } from "./make-state-folder.ts";
import type { ServeOptions } from "./serve-options.ts";

export type Claim =
  | { readonly kind: "claimed"; readonly instance: Instance; readonly stale: Instance | null }
  | { readonly kind: "taken"; readonly by: Instance };

/** Makes this process the state folder's router, unless another one is. Of several at once, one wins. */
export async function claimInstance(
  stateFolder: string,
  about: Omit<Instance, "pid" | "identity" | "state">,
): Promise<Claim> {
  makeStateFolder(stateFolder);
  return withFileLock(lockPath(stateFolder), async () => {
    const found = readInstance(stateFolder);
    if (found !== null && isSameProcess(found.pid, found.identity)) return { kind: "taken", by: found };
    const identity = processIdentity(process.pid) ?? "";
    const instance: Instance = { ...about, pid: process.pid, identity, state: "starting" };
    await writeInstance(stateFolder, instance);
    return { kind: "claimed", instance, stale: found };
  });
}

/** Tells everybody where the claimed router listens, and whether it still does. */
export async function announceInstance(stateFolder: string, instance: Instance): Promise<void> {
  await withFileLock(lockPath(stateFolder), () => writeInstance(stateFolder, instance));
}

/** Ends the claim of this process; another's is left alone. */
export async function releaseInstance(stateFolder: string, instance: Instance): Promise<void> {
  await withFileLock(lockPath(stateFolder), async () => {
    const found = readInstance(stateFolder);
    if (found?.pid === instance.pid && found.identity === instance.identity) await rm(instancePath(stateFolder));
  });
}

/** As `releaseInstance`, for a process that ends at once. No lock: while it lives nobody else takes the file's place. */
export function dropInstance(stateFolder: string): void {
  const found = readInstance(stateFolder);
  if (found?.pid === process.pid && isSameProcess(found.pid, found.identity)) rmSync(instancePath(stateFolder));
}

/** Options that start a router with what `instance` runs with. */
export function sameSettings({ configPath, given }: Instance): ServeOptions {
  return { config: configPath ?? undefined, ...given };
}

function writeInstance(stateFolder: string, instance: Instance): Promise<void> {
  return replaceFile(instancePath(stateFolder), `${JSON.stringify(instance, null, 2)}\n`);
}

function lockPath(stateFolder: string): string {
  return join(stateFolder, "router.lock");
}
