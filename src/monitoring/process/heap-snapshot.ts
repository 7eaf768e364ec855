/**
 * Heap snapshots on demand: written to a folder of their own, a few kept, the process goes on.
 *
 * A snapshot holds everything in memory, keys and prompts too: folder and file are for the owner alone. Writing one
 * stops the process for about a second per 100 MB of heap, so one at a time, and only when somebody asks.
 */
import { chmodSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { setHeapSnapshotNearHeapLimit, writeHeapSnapshot } from "node:v8";
import { makeFolder } from "../../core/files/make-folder.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import { messageOf } from "../../core/errors/message-of.ts";

export type SnapshotResult =
  | { readonly kind: "written"; readonly path: string; readonly bytes: number; readonly durationMs: number }
  | { readonly kind: "failed"; readonly reason: string };

const keptOfEachProcess = 5;
const namePattern = /^ccr-\d+-\d{8}T\d{6}\d{3}Z\.heapsnapshot$/;

export interface HeapSnapshotOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Prints the path for whoever sent the signal. */
  readonly print: (line: string) => void;
  /** How many processes write into the folder: a round of all must not take the one before it away. */
  readonly processes: number;
}

/** One of several processes' snapshots. */
export interface WorkerSnapshot {
  readonly pid: number;
  readonly result: SnapshotResult;
}

export class HeapSnapshots {
  readonly #options: HeapSnapshotOptions;
  readonly #logger: Logger;
  readonly #onSignal = (): void => this.#options.print(describeSnapshot(this.write()));

  constructor(options: HeapSnapshotOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ component: "heap-snapshot" });
  }

  /** Answers SIGUSR2, which would end the process otherwise, with a snapshot. */
  listen(): void {
    process.on("SIGUSR2", this.#onSignal);
  }

  /** Writes a snapshot now. Never throws: a full disk is told. */
  write(): SnapshotResult {
    const { folder, clock } = this.#options;
    const startMs = clock.monotonicMs();
    const name = `ccr-${process.pid}-${new Date(clock.nowMs()).toISOString().replaceAll(/[-:.]/g, "")}.heapsnapshot`;
    const path = resolve(folder, name);
    try {
      makeFolder(folder, 0o700);
      this.#removeOld();
      writeHeapSnapshot(path);
      chmodSync(path, 0o600);
      const { size: bytes } = statSync(path);
      const durationMs = clock.monotonicMs() - startMs;
      this.#logger.info({ path, bytes, durationMs }, "heap snapshot written");
      return { kind: "written", path, bytes, durationMs };
    } catch (error) {
      this.#logger.error({ error, path }, "no heap snapshot was written");
      return { kind: "failed", reason: messageOf(error) };
    }
  }

  /** Stops answering SIGUSR2. */
  close(): void {
    process.off("SIGUSR2", this.#onSignal);
  }

  /** Makes room for a new one: names hold the time, so their order is that of age (of one process). */
  #removeOld(): void {
    const { folder, processes } = this.#options;
    const kept = keptOfEachProcess * processes;
    const names = readdirSync(folder).filter((name) => namePattern.test(name));
    const byAge = names.sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
    // Another process may be removing the same ones.
    for (const name of byAge.slice(0, Math.max(0, byAge.length - kept + 1)))
      rmSync(join(folder, name), { force: true });
  }
}

/** For whoever asked for it. */
export function describeSnapshot(result: SnapshotResult): string {
  return result.kind === "written" ? `heap snapshot: ${result.path}` : `no heap snapshot: ${result.reason}`;
}

function timeOf(name: string): string {
  return name.slice(name.lastIndexOf("-") + 1);
}

/**
 * Has V8 write one snapshot by itself shortly before it runs out of memory, which stops the process for that long. Its
 * folder is node's to choose: `--diagnostic-dir`, else the working folder; the log says which. Once set, it stays set
 * for the life of the process.
 */
export function enableNearLimitSnapshot(logger: Logger): void {
  const flag = "--diagnostic-dir=";
  const given = process.execArgv.find((argument) => argument.startsWith(flag));
  const folder = resolve(given?.slice(flag.length) ?? ".");
  setHeapSnapshotNearHeapLimit(1);
  logger.info({ component: "heap-snapshot", folder }, "a heap snapshot is written here before memory runs out");
}
