/**
 * The buffer between a call's path and the database: rows wait in memory, batches go out, failures are tried again.
 *
 * Bounded in rows and bytes. When a bound is reached, new rows are counted as lost and the log says so: a full
 * memory would end every call, a hole in the ledger only one account.
 */
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import type { LedgerHealth } from "./ledger.ts";

export interface WriteBufferSettings {
  /** Rows in one batch: what is done to a batch at once must not hold up calls for long. */
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
  return new MemoryWriteBuffer(write, clock, logger, settings);
}

class MemoryWriteBuffer implements WriteBuffer {
  readonly #write: WriteBatch;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: WriteBufferSettings;
  #waiting: CallRecord[] = [];
  #waitingBytes = 0;
  #writtenRows = 0;
  #lostRows = 0;
  #failure: { readonly message: string; readonly sinceMs: number } | null = null;
  #retryMs: number;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<boolean> | null = null;
  #isClosed = false;

  constructor(write: WriteBatch, clock: Clock, logger: Logger, settings: WriteBufferSettings) {
    this.#write = write;
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = settings;
    this.#retryMs = settings.retryMs;
  }

  append(record: CallRecord): void {
    const { maxRows, maxBytes, delayMs } = this.#settings;
    const size = sizeOf(record);
    if (this.#isClosed || this.#waiting.length >= maxRows || this.#waitingBytes + size > maxBytes) {
      this.#noteLost(1);
      return;
    }
    this.#waiting.push(record);
    this.#waitingBytes += size;
    this.#schedule(this.#failure === null ? delayMs : this.#retryMs);
  }

  async flush(): Promise<boolean> {
    this.#stopTimer();
    // A drain that is under way may be past its last look at the queue: a second one sees what came since.
    return (await this.#drain()) && (this.#waiting.length === 0 || (await this.#drain()));
  }

  health(): Omit<LedgerHealth, "spilledRows"> {
    return {
      state: this.#failure === null && this.#lostRows === 0 ? "ok" : "degraded",
      waitingRows: this.#waiting.length,
      lostRows: this.#lostRows,
      writtenRows: this.#writtenRows,
      lastError: this.#failure?.message ?? null,
      sinceMs: this.#failure?.sinceMs ?? null,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    this.#stopTimer();
    if (this.#waiting.length > 0) this.#noteLost(this.#waiting.length);
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null || this.#running !== null || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#drain();
    }, delayMs);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Writes batch after batch until nothing waits or one fails. */
  #drain(): Promise<boolean> {
    this.#running ??= this.#drainOnce().finally(() => {
      this.#running = null;
      if (this.#waiting.length > 0) this.#schedule(this.#failure === null ? 0 : this.#retryMs);
    });
    return this.#running;
  }

  async #drainOnce(): Promise<boolean> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, this.#settings.batchRows);
      try {
        await this.#write(batch);
      } catch (error) {
        this.#noteFailure(error);
        return false;
      }
      this.#noteSuccess(batch);
      await setImmediate(); // calls go first
    }
    return true;
  }

  #noteSuccess(batch: readonly CallRecord[]): void {
    this.#waiting = this.#waiting.slice(batch.length);
    this.#waitingBytes -= batch.reduce((sum, record) => sum + sizeOf(record), 0);
    this.#writtenRows += batch.length;
    this.#retryMs = this.#settings.retryMs;
    if (this.#failure !== null) {
      this.#logger.info({ waitingRows: this.#waiting.length }, "the ledger can be written again");
    }
    this.#failure = null;
  }

  #noteFailure(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#failure === null) {
      const fields = { error: message, waitingRows: this.#waiting.length };
      this.#logger.error(fields, "the ledger cannot be written: rows wait in memory");
      this.#failure = { message, sinceMs: this.#clock.nowMs() };
      return;
    }
    this.#failure = { message, sinceMs: this.#failure.sinceMs };
    this.#retryMs = Math.min(this.#retryMs * 2, this.#settings.maxRetryMs);
  }

  #noteLost(rows: number): void {
    if (this.#lostRows === 0) {
      this.#logger.error({ waitingRows: this.#waiting.length }, "the ledger's buffer is full or closed: rows are lost");
    }
    this.#lostRows += rows;
  }
}

/** Roughly what a record takes in memory. */
function sizeOf(record: CallRecord): number {
  return 1_500 + record.attempts.length * 300 + (record.errorMessage?.length ?? 0) + record.notes.length * 100;
}
