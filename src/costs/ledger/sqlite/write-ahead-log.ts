/**
 * Brings what was committed to the disk, some seconds after it was written.
 *
 * A long write-ahead log is moved into the ledger's file, by a thread. A short one, of a router that writes a few rows by
 * itself, is only synced: that is all that a loss of power asks for, and no thread has to start for it.
 */
import { open } from "node:fs/promises";
import type { Logger } from "../../../core/log/logging.ts";
import { messageOf } from "../../../core/errors/message-of.ts";
import type { SqliteThread } from "./sqlite-thread.ts";

/** So long after something was written. */
const usualDelayMs = 5_000;

/** A log of more rows is long: to move it takes long enough that the writing thread should not do it while it writes. */
const shortLogRows = 500;

export interface WriteAheadLog {
  /** So many rows were written. */
  noteRows(rows: number): void;
  /** Resolves when what is under way is over: the log's file goes with the last connection. */
  stop(): Promise<void>;
}

/** Of the ledger at `path`, which `writing` and `reading` have open while they are started. */
export function createWriteAheadLog(
  path: string,
  { writing, reading }: { readonly writing: SqliteThread; readonly reading: SqliteThread },
  logger: Logger,
  delayMs: number = usualDelayMs,
): WriteAheadLog {
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  let rowsInLog = 0;
  const run = async (): Promise<void> => {
    timer = null;
    const isLong = rowsInLog > shortLogRows;
    try {
      if (!isLong && !writing.isStarted) return await sync(`${path}-wal`);
      rowsInLog = 0;
      await (isLong && writing.isStarted ? reading : writing).ask({ kind: "checkpoint" });
    } catch (error) {
      logger.warn({ error: messageOf(error) }, "the ledger's write-ahead log could not be brought to the disk");
    }
  };
  return {
    noteRows(rows) {
      rowsInLog += rows;
      timer ??= setTimeout(() => void (running = run()), delayMs).unref();
    },
    async stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await running;
    },
  };
}

/** SQLite's locks are on its other files: to close this one gives none of them away. */
async function sync(logPath: string): Promise<void> {
  const file = await open(logPath, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
