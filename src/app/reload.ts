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
import { changedSinceStart } from "../config/settings-of-start.ts";
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
  /** Nothing is reloaded from now on. Resolves when a reload that runs is over, its runtime in use. */
  close(): Promise<void>;
}

/** A revoked key must stop working within a second. */
const lookEveryMs = 400;
/** Editors write a file in several steps. */
const settleMs = 200;
const newsSubject = "config";
const ending: ReloadResult = { reloaded: false, error: "this router is ending" };

/** Watches the files of `options` from now on. `swap` takes a runtime into use, whole. Its owner closes the reloader. */
export function createReloader(
  options: WatchedConfig,
  state: ProcessState,
  current: () => Runtime,
  swap: (next: Runtime) => Promise<void>,
): Reloader {
  let queue: Promise<unknown> = Promise.resolve();
  let isCurrent = true;
  let isClosed = false;
  const { configPath } = options;
  const filesNow = (): string => JSON.stringify([versionOf(configPath), versionOf(current().config.auth.keysFile)]);
  let filesRead = filesNow();
  let inUse = fingerprintOf(options.config);
  const run = async (): Promise<ReloadResult> => {
    // Looked at before they are read: what changes in between is another version, and read again.
    filesRead = filesNow();
    const reloaded = await reloadOnce(options, state, current(), async (next, fingerprint) => {
      inUse = fingerprint;
      await swap(next);
      keysWatch.follow(next.config.auth.keysFile);
    });
    isCurrent = reloaded.reloaded;
    state.metrics.observeConfigReload(reloaded.reloaded ? "success" : "failure");
    return reloaded;
  };
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result | ReloadResult> => {
    const result = queue.then(async () => (isClosed ? ending : work()));
    queue = result;
    return result;
  };
  const reloadAndTell = async (): Promise<ReloadResult> => {
    const reloaded = await run();
    if (reloaded.reloaded) state.news.tell(newsSubject, { kind: "reloaded" });
    return reloaded;
  };
  // A new owner, mode or link is no new version, and whoever changed a file may have had it read already (`ccr keys`
  // does). After a refusal all may have changed that matters: a file of the wrong mode could not be read.
  const onFileChange = (): void =>
    void inTurn(async () => (isCurrent && filesNow() === filesRead ? null : reloadAndTell()));
  // Another instance has read its configuration again, or may have: where the file is shared, it is another one here too.
  // One that cannot be read is told of if it is news: whatever else made this router hear anew, it was told of before.
  const look = (isNews: boolean): void =>
    void inTurn(async () => {
      const found = await readFingerprint(options);
      return (found === inUse && isCurrent) || (found === null && !isNews) ? null : run();
    });
  if (options.reloadConfig !== undefined)
    state.news.listen(newsSubject, { onMessage: () => look(true), onStart: () => look(false) });
  const stopConfig = configPath === null ? null : watchChanges(configPath, onFileChange);
  // Keys too, in the file that is in use by now: one that is revoked must stop working now.
  const keysWatch = createFileWatch(onFileChange);
  keysWatch.follow(options.config.auth.keysFile);
  const close = async (): Promise<void> => {
    isClosed = true;
    stopConfig?.();
    await queue;
    keysWatch.stop();
  };
  return { reload: () => inTurn(reloadAndTell), isCurrent: () => isCurrent, close };
}

async function reloadOnce(
  options: WatchedConfig,
  state: ProcessState,
  old: Runtime,
  swap: (next: Runtime, fingerprint: string) => Promise<void>,
): Promise<ReloadResult> {
  if (options.reloadConfig === undefined)
    return { reloaded: false, error: "this router was started with a fixed configuration" };
  try {
    const loaded = await options.reloadConfig();
    requireConfigFile(options, loaded);
    // Before the keys are read: news of a change in between must not look like none.
    const fingerprint = fingerprintOf(loaded.config);
    const next = await createRuntime(loaded.config, loaded.environment, state);
    await swap(await accepted(next, options, old), fingerprint);
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
    requireKeys(next, old);
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

/** Nor is one without the keys that everybody on this machine needs so far. Throws Error. */
function requireKeys({ keys: next }: Runtime, { keys: old }: Runtime): void {
  if (old.hasKeys && !next.hasKeys)
    throw new Error("no key would be left, and callers need one so far; to serve without, restart");
  if (old.hasAdminKeys && !next.hasAdminKeys)
    throw new Error("no admin key would be left, and operators need one so far; to do without, restart");
}

/**
 * What tells one configuration from another: the settings, and the version of the keys file beside them. To read it once more
 * would hold up calls: with a hundred thousand keys for a fifth of a second.
 */
function fingerprintOf(config: Config): string {
  return hash("sha256", JSON.stringify([config, versionOf(config.auth.keysFile)]), "hex");
}

/** What a file's version is known by; null where there is none, or nobody may look. */
function versionOf(path: string | null): readonly number[] | null {
  try {
    const { ino, mtimeMs, size } = statSync(path ?? "");
    return [ino, mtimeMs, size];
  } catch {
    return null;
  }
}

/** Of the configuration on disk; null where it cannot be read, which a reload will say. */
async function readFingerprint({ reloadConfig }: WatchedConfig): Promise<string | null> {
  try {
    return reloadConfig === undefined ? null : fingerprintOf((await reloadConfig()).config);
  } catch {
    return null;
  }
}

/** Watches one file at a time: the one named last. */
function createFileWatch(onChange: () => void): { follow(path: string): void; stop(): void } {
  let watched = { path: "", stop: (): void => {} };
  return {
    follow(path) {
      if (path === watched.path) return;
      watched.stop();
      watched = { path, stop: watchChanges(path, onChange) };
    },
    stop: () => watched.stop(),
  };
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
