/** Which settings hold from the start to the end of the process, whatever a reload brings, and has to say so? */
import { isDeepStrictEqual } from "node:util";
import type { Config } from "./schema.ts";

/** Paths of settings, or of sections of them. */
export const settingsOfStart: readonly string[] = [
  "server.host",
  "server.port",
  "server.requestTimeoutMs",
  "server.maxCalls",
  "server.workers",
  "breaker",
  "stream",
  "routing.affinity.ttlMs",
  "routing.affinity.maxSessions",
  "cache.l2.enabled",
  "cache.l2.compressAboveBytes",
  "ledger.sqlitePath",
  "ledger.postgres",
  "redis",
  "monitoring",
  "logging",
];

/** Those that `next` has otherwise than the configuration with which the process started. */
export function changedSinceStart(started: Config, next: Config): readonly string[] {
  return settingsOfStart.filter((path) => !isDeepStrictEqual(valueAt(started, path), valueAt(next, path)));
}

/** `next`, with those settings as the process started with them: what a worker is to serve by that comes later. */
export function keepSettingsOfStart(started: Config, next: Config): Config {
  const kept = structuredClone(next);
  for (const path of settingsOfStart) {
    const cut = path.lastIndexOf(".");
    const section = cut === -1 ? kept : valueAt(kept, path.slice(0, cut));
    (section as Record<string, unknown>)[path.slice(cut + 1)] = valueAt(started, path);
  }
  return kept;
}

function valueAt(config: Config, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], config);
}
