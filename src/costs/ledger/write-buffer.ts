/**
 * The buffer between a call's path and the database: rows wait in memory, batches go out, failures are tried again.
 *
 * Before the event loop turns again, what was handed over stands in the journal too, so that a killed process loses
 * none of it. Bounded in rows and bytes. When a bound is reached, new rows are counted as lost and the log says so: a full
 * memory would end every call, a hole in the ledger only one account.
 */
import { setImmediate as setImmediateCallback } from "node:timers";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import type { Journal } from "./journal.ts";
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
  batchRows: 500,
  delayMs: 100,
  maxRows: 100_000,
  maxBytes: 256 * 1024 * 1024,
  retryMs: 200,
  maxRetryMs: 5_000,
};

/** Writes a batch of records as JSON, one text each, whole or not at all; rows that are there already are no error. */
export type WriteBatch = (lines: readonly string[]) => void | Promise<void>;

export interface WriteBuffer {
  append(record: CallRecord): void;
  /** True once everything appended before is written, false as soon as a write fails. */
  flush(): Promise<boolean>;
  health(): Omit<LedgerHealth, "spilledRows">;
  /** Tries once more to write all, then stops. Rows that still wait are left to the journal; without one they are lost. */
  close(): Promise<void>;
}

/** A row on its way, as JSON: smaller than the record, and what the journal and the database's thread want. */
interface WaitingRow {
  readonly line: string;
  /** What it counts for against `maxBytes`. */
  readonly bytes: number;
  readonly isInJournal: boolean;
}

/** A buffer in front of `write`, which is never called twice at once. `journal`: null where losing rows is no matter. */
export function createWriteBuffer(
  write: WriteBatch,
  clock: Clock,
  logger: Logger,
  settings: WriteBufferSettings = defaultWriteBuffer,
  journal: Journal | null = null,
): WriteBuffer {
  return new MemoryWriteBuffer(write, clock, logger, settings, journal);
}

class MemoryWriteBuffer implements WriteBuffer {
  readonly #write: WriteBatch;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: WriteBufferSettings;
  readonly #journal: Journal | null;
  /** Handed over in this turn of the event loop: not in the journal yet. */
  #fresh: { readonly record: CallRecord; readonly bytes: number }[] = [];
  #waiting: WaitingRow[] = [];
  #isJournalBroken = false;
  #waitingBytes = 0;
  #writtenRows = 0;
  #lostRows = 0;
  #failedWrites = 0;
  #failure: { readonly message: string; readonly sinceMs: number } | null = null;
  #retryMs: number;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<boolean> | null = null;
  #isClosed = false;

  constructor(write: WriteBatch, clock: Clock, logger: Logger, settings: WriteBufferSettings, journal: Journal | null) {
    this.#journal = journal;
    this.#write = write;
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = settings;
    this.#retryMs = settings.retryMs;
  }

  append(record: CallRecord): void {
    const { maxRows, maxBytes, delayMs } = this.#settings;
    const size = sizeOf(record);
    if (this.#isClosed || this.#rows >= maxRows || this.#waitingBytes + size > maxBytes) {
      this.#noteLost(1);
      return;
    }
    if (this.#fresh.length === 0) setImmediateCallback(() => this.#keepFresh());
    this.#fresh.push({ record, bytes: size });
    this.#waitingBytes += size;
    this.#schedule(this.#failure === null ? delayMs : this.#retryMs);
  }

  async flush(): Promise<boolean> {
    this.#stopTimer();
    // A drain that is under way may be past its last look at the queue: a second one sees what came since.
    return (await this.#drain()) && (this.#rows === 0 || (await this.#drain()));
  }

  health(): Omit<LedgerHealth, "spilledRows"> {
    return {
      state: this.#failure === null && this.#lostRows === 0 ? "ok" : "degraded",
      waitingRows: this.#rows,
      lostRows: this.#lostRows,
      writtenRows: this.#writtenRows,
      failedWrites: this.#failedWrites,
      lastError: this.#failure?.message ?? null,
      sinceMs: this.#failure?.sinceMs ?? null,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    this.#stopTimer();
    const lost = this.#waiting.filter(({ isInJournal }) => !isInJournal).length;
    if (lost > 0) this.#noteLost(lost);
    this.#journal?.close();
  }

  get #rows(): number {
    return this.#fresh.length + this.#waiting.length;
  }

  /** Puts what this turn handed over into the journal, and in line for the database. */
  #keepFresh(): void {
    const fresh = this.#fresh;
    if (fresh.length === 0) return;
    this.#fresh = [];
    const rows = fresh.map(({ record, bytes }) => ({ line: lineOf(record), bytes }));
    const isInJournal = this.#addToJournal(rows.map(({ line }) => line));
    this.#waiting.push(...rows.map((row) => ({ ...row, isInJournal })));
  }

  /** Whether the journal took them. */
  #addToJournal(lines: readonly string[]): boolean {
    if (this.#journal === null) return false;
    try {
      this.#journal.append(lines);
      if (this.#isJournalBroken) this.#logger.info({}, "the ledger's journal can be written again");
      this.#isJournalBroken = false;
    } catch (error) {
      const fields = { error: error instanceof Error ? error.message : String(error) };
      if (!this.#isJournalBroken) this.#logger.warn(fields, "the ledger's journal cannot be written");
      this.#isJournalBroken = true;
    }
    return !this.#isJournalBroken;
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

  /**
   * Writes what waits, batch after batch, until one fails. What comes meanwhile waits in its turn: taken at once, batches
   * would shrink to a few rows, and a transaction costs as much as twenty.
   */
  #drain(): Promise<boolean> {
    this.#running ??= this.#drainOnce().finally(() => {
      this.#running = null;
      if (this.#rows > 0) this.#schedule(this.#failure === null ? this.#settings.delayMs : this.#retryMs);
    });
    return this.#running;
  }

  async #drainOnce(): Promise<boolean> {
    this.#keepFresh();
    const { batchRows } = this.#settings;
    for (let left = this.#waiting.length; left > 0 || this.#waiting.length >= batchRows; left -= batchRows) {
      const batch = this.#waiting.slice(0, batchRows);
      try {
        await this.#write(batch.map(({ line }) => line));
      } catch (error) {
        this.#noteFailure(error);
        return false;
      }
      this.#noteSuccess(batch);
      await setImmediate(); // calls go first
      this.#keepFresh();
    }
    return true;
  }

  #noteSuccess(batch: readonly { readonly bytes: number }[]): void {
    this.#waiting = this.#waiting.slice(batch.length);
    this.#waitingBytes -= batch.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#journal?.forget(batch.length);
    this.#writtenRows += batch.length;
    this.#retryMs = this.#settings.retryMs;
    if (this.#failure !== null) {
      this.#logger.info({ waitingRows: this.#waiting.length }, "the ledger can be written again");
    }
    this.#failure = null;
  }

  #noteFailure(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#failedWrites++;
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
      this.#logger.error({ waitingRows: this.#rows }, "the ledger's buffer is full or closed: rows are lost");
    }
    this.#lostRows += rows;
  }
}

/** The record as JSON, less what the ledger has no place for: a fifth of the text. */
function lineOf(record: CallRecord): string {
  return JSON.stringify({ ...record, steps: undefined, traceParent: undefined });
}

/** Roughly what a record takes in memory. */
function sizeOf(record: CallRecord): number {
  return 1_500 + record.attempts.length * 300 + (record.errorMessage?.length ?? 0) + record.notes.length * 100;
}
