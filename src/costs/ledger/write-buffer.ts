/**
 * The buffer between a call's path and the database: rows wait in memory, batches go out, failures are tried again.
 *
 * Bounded in rows and bytes. When a bound is reached, new rows are counted as lost and the log says so: a full
 * memory would end every call, a hole in the ledger only one account.
 */
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import type { LedgerHealth } from "./ledger.ts";

export interface WriteBufferSettings {
  /** Rows in one batch: a batch must not hold the event loop for long. */
  readonly batchRows: number;
  /** From the first row that waits to its batch. */
  readonly delayMs: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  /** First pause after a failure; doubles up to `maxRetryMs`. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
}

export const defaultWriteBuffer: WriteBufferSettings = {
  batchRows: 100,
  delayMs: 50,
  maxRows: 100_000,
  maxBytes: 256 * 1024 * 1024,
  retryMs: 200,
  maxRetryMs: 5_000,
};

/** Writes a batch, whole or not at all; rows that are there already are no error. */
export type WriteBatch = (records: readonly CallRecord[]) => void | Promise<void>;

export interface WriteBuffer {
  append(record: CallRecord): void;
  /** True once everything appended before is written, false as soon as a write fails. */
  flush(): Promise<boolean>;
  health(): Omit<LedgerHealth, "spilledRows">;
  /** Tries once more to write all, then stops. Rows that still wait are lost and counted. */
  close(): Promise<void>;
}

/** A buffer in front of `write`, which is never called twice at once. */
export function createWriteBuffer(
  write: WriteBatch,
  clock: Clock,
  logger: Logger,
  settings: WriteBufferSettings = defaultWriteBuffer,
): WriteBuffer {
  let waiting: CallRecord[] = [];
  let waitingBytes = 0;
  let writtenRows = 0;
  let lostRows = 0;
  let failure: { readonly message: string; readonly sinceMs: number } | null = null;
  let retryMs = settings.retryMs;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<boolean> | null = null;
  let isClosed = false;

  function schedule(delayMs: number): void {
    if (timer !== null || running !== null || isClosed) return;
    timer = setTimeout(() => {
      timer = null;
      void drain();
    }, delayMs);
  }

  /** Writes what waits now, batch after batch, unless one fails. */
  function drain(): Promise<boolean> {
    running ??= drainOnce().finally(() => {
      running = null;
      if (waiting.length > 0) schedule(failure === null ? settings.delayMs : retryMs);
    });
    return running;
  }

  async function drainOnce(): Promise<boolean> {
    // Rows that come meanwhile wait for the next round: batch after batch of a few rows would cost more than the calls.
    for (let left = waiting.length; left > 0; left -= settings.batchRows) {
      const batch = waiting.slice(0, Math.min(left, settings.batchRows));
      try {
        await write(batch);
      } catch (error) {
        noteFailure(error);
        return false;
      }
      noteSuccess(batch);
      await new Promise((resolve) => setImmediate(resolve)); // calls go first
    }
    return true;
  }

  function noteSuccess(batch: readonly CallRecord[]): void {
    waiting = waiting.slice(batch.length);
    waitingBytes = waiting.length === 0 ? 0 : waitingBytes - batch.reduce((sum, record) => sum + sizeOf(record), 0);
    writtenRows += batch.length;
    retryMs = settings.retryMs;
    if (failure !== null) logger.info({ waitingRows: waiting.length }, "the ledger can be written again");
    failure = null;
  }

  function noteFailure(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (failure === null) {
      failure = { message, sinceMs: clock.nowMs() };
      logger.error(
        { error: message, waitingRows: waiting.length },
        "the ledger cannot be written: rows wait in memory",
      );
    } else {
      failure = { message, sinceMs: failure.sinceMs };
      retryMs = Math.min(retryMs * 2, settings.maxRetryMs);
    }
  }

  function noteLost(rows: number): void {
    if (lostRows === 0) logger.error({ waitingRows: waiting.length }, "the ledger's buffer is full: rows are lost");
    lostRows += rows;
  }

  async function flush(): Promise<boolean> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    // A drain that is under way may be past its last look at the queue: a second one sees what came since.
    return (await drain()) && (waiting.length === 0 || (await drain()));
  }

  return {
    append(record) {
      const size = sizeOf(record);
      if (isClosed || waiting.length >= settings.maxRows || waitingBytes + size > settings.maxBytes) return noteLost(1);
      waiting.push(record);
      waitingBytes += size;
      schedule(failure === null ? settings.delayMs : retryMs);
    },
    flush,
    health: () => ({
      state: failure === null && lostRows === 0 ? "ok" : "degraded",
      waitingRows: waiting.length,
      lostRows,
      writtenRows,
      lastError: failure?.message ?? null,
      sinceMs: failure?.sinceMs ?? null,
    }),
    async close() {
      if (isClosed) return;
      await flush();
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (waiting.length > 0) noteLost(waiting.length);
    },
  };
}

/** Roughly what a record takes in memory. */
function sizeOf(record: CallRecord): number {
  return 1_500 + record.attempts.length * 300 + (record.errorMessage?.length ?? 0) + record.notes.length * 100;
}
