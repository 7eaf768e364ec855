/**
 * Reload: read and check the configuration, make a new runtime, swap it in whole. Calls in flight finish on the old one,
 * and a configuration that is wrong leaves the old one running.
 */
import { hash } from "node:crypto";
import type { Stats } from "node:fs";
import { statSync, unwatchFile, watchFile } from "node:fs";
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { createRuntime } from "./runtime/create-runtime.ts";
import type { Runtime } from "./runtime/create-runtime.ts";
import { requireKeysBeyondLoopback } from "./runtime/keys-of.ts";
import type { ProcessState } from "./process/process-state.ts";
import { changedSinceStart } from "./settings-of-start.ts";
import { messageOf } from "../core/errors/message-of.ts";

/** What the router was started with. */
export interface WatchedConfig {
  readonly config: Config;
  /** The file that the configuration came from; null for none. */
  readonly configPath: string | null;
  /** Reads the configuration again; without it there is nothing to reload. */
  readonly reloadConfig?: () => Promise<LoadedConfig>;
}

export type ReloadResult =
  | { readonly reloaded: true; readonly warnings: string[] }
  | { readonly reloaded: false; readonly error: string };

export interface Reloader {
  /** Never rejects. Reloads that are asked for at the same time run one after the other. */
  reload(): Promise<ReloadResult>;
  /** False after a configuration was refused, until one is taken again. */
  isCurrent(): boolean;
  close(): void;
}

/** A revoked key must stop working within a second. */
const lookEveryMs = 400;
/** Editors write a file in several steps. */
const settleMs = 200;
const newsSubject = "config";

/** Watches the files of `options` from now on. `swap` takes a runtime into use, whole. Its owner closes the reloader. */
export function createReloader(
  options: WatchedConfig,
  state: ProcessState,
  current: () => Runtime,
  swap: (next: Runtime) => Promise<void>,
): Reloader {
  let queue: Promise<unknown> = Promise.resolve();
  let isCurrent = true;
  let inUse = fingerprintOf(options.config);
  const run = async (): Promise<ReloadResult> => {
    const reloaded = await reloadOnce(options, state, current(), async (next) => {
      inUse = fingerprintOf(next.config);
      await swap(next);
      watchKeys(next.config.auth.keysFile);
    });
    isCurrent = reloaded.reloaded;
    state.metrics.observeConfigReload(reloaded.reloaded ? "success" : "failure");
    return reloaded;
  };
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = queue.then(work);
    queue = result;
    return result;
  };
  const reload = (): Promise<ReloadResult> =>
    inTurn(async () => {
      const reloaded = await run();
      if (reloaded.reloaded) state.news.tell(newsSubject, { kind: "reloaded" });
      return reloaded;
    });
  // Another instance has read its configuration again, or may have: where the file is shared, it is another one here too.
  // One that cannot be read is told of if it is news: whatever else made this router hear anew, it was told of before.
  const look = (isNews: boolean): void =>
    void inTurn(async () => {
      const found = await readFingerprint(options);
      return found === inUse || (found === null && !isNews) ? null : run();
    });
  if (options.reloadConfig !== undefined)
    state.news.listen(newsSubject, { onMessage: () => look(true), onStart: () => look(false) });
  const { configPath } = options;
  const stopConfig = configPath === null ? null : watchChanges(configPath, () => void reload());
  // Keys too, in the file that is in use by now: one that is revoked must stop working now.
  let keys = { path: "", stop: (): void => {} };
  const watchKeys = (path: string): void => {
    if (path === keys.path) return;
    keys.stop();
    keys = { path, stop: watchChanges(path, () => void reload()) };
  };
  watchKeys(options.config.auth.keysFile);
  const close = (): void => {
    stopConfig?.();
    keys.stop();
  };
  return { reload, isCurrent: () => isCurrent, close };
}

async function reloadOnce(
  options: WatchedConfig,
  state: ProcessState,
  old: Runtime,
  swap: (next: Runtime) => Promise<void>,
): Promise<ReloadResult> {
  if (options.reloadConfig === undefined)
    return { reloaded: false, error: "this router was started with a fixed configuration" };
  try {
    const loaded = await options.reloadConfig();
    requireConfigFile(options, loaded);
    const next = await createRuntime(loaded.config, loaded.environment, state);
    await swap(await accepted(next, options, old));
    state.logger.info({ path: loaded.path }, "the configuration was reloaded");
    const warnings = loaded.warnings.map((warning) => `${warning.path}: ${warning.problem}`);
    const settings = changedSinceStart(options.config, loaded.config);
    if (settings.length > 0) state.logger.warn({ settings }, "settings changed that hold from the next start on");
    return { reloaded: true, warnings: [...warnings, ...settings.map((path) => `${path}: changed; needs a restart`)] };
  } catch (error) {
    const message = messageOf(error);
    state.logger.error({ error: message }, "the new configuration was refused; the old one stays in use");
    return { reloaded: false, error: message };
  }
}

/**
 * A file that was moved away or is being written anew is no wish to run without keys, budgets and providers: whoever wants that
 * starts the router so. Throws Error.
 */
function requireConfigFile({ configPath }: WatchedConfig, { path, isBlank }: LoadedConfig): void {
  if (configPath !== null && path !== configPath) throw new Error(`${configPath} is gone; to run without it, restart`);
  if (configPath !== null && isBlank) throw new Error(`${configPath} is empty; to run without settings, restart`);
}

/** `next`, where it may take the place of `old`; else it is closed, and the answer rejects with Error. */
async function accepted(next: Runtime, { config }: WatchedConfig, old: Runtime): Promise<Runtime> {
  try {
    requireSameKeysFile(next, old);
    requireProviders(next, old);
    // At the host where this router listens, whatever the file says of the next start.
    requireKeysBeyondLoopback(config, next.keys.hasKeys);
    return next;
  } catch (error) {
    await next.close();
    throw error;
  }
}

/** The same of the keys file, as it was read: a look before would not see it go in between. Throws Error. */
function requireSameKeysFile(next: Runtime, old: Runtime): void {
  const { keysFile } = next.config.auth;
  if (!old.keys.hasKeysFile || keysFile !== old.config.auth.keysFile || next.keys.hasKeysFile) return;
  throw new Error(`${keysFile} is gone; to run without its keys, restart`);
}

/** Nor is a file that names no provider, as half of one may: a start would not take it either. Throws Error. */
function requireProviders(next: Runtime, old: Runtime): void {
  const isLastGone = old.gateway.providers.size > 0 && next.gateway.providers.size === 0;
  if (isLastGone) throw new Error("no provider would be left to send calls to");
}

/**
 * What tells one configuration from another: the settings, and the version of the keys file beside them. To read it once more
 * would hold up calls: with a hundred thousand keys for a fifth of a second.
 */
function fingerprintOf(config: Config): string {
  const keys = statSync(config.auth.keysFile, { throwIfNoEntry: false });
  return hash("sha256", JSON.stringify([config, keys?.ino, keys?.mtimeMs, keys?.size]), "hex");
}

/** Of the configuration on disk; null where it cannot be read, which a reload will say. */
async function readFingerprint({ reloadConfig }: WatchedConfig): Promise<string | null> {
  try {
    return reloadConfig === undefined ? null : fingerprintOf((await reloadConfig()).config);
  } catch {
    return null;
  }
}

/**
 * Looks at the file itself, again and again, wherever a link leads by then (Kubernetes changes a mounted file so). News of its
 * folder would be cheaper to wait for, but the ledger and its journal stand beside it: that was two for each call.
 */
function watchChanges(path: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const listener = (now: Stats, before: Stats): void => {
    if (now.ino === 0 && before.ino === 0) return; // the first look at a file that is not there
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMs).unref();
  };
  watchFile(path, { interval: lookEveryMs, persistent: false }, listener);
  return () => {
    clearTimeout(timer);
    unwatchFile(path, listener);
  };
}
