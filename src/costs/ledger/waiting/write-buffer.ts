/**
 * The buffer between a call's path and the database: rows wait in memory, batches go out, failures are tried again.
 *
 * Before the event loop turns again, what was handed over stands in the journal too, so that a killed process loses
 * none of it. Bounded in rows and bytes. When a bound is reached, new rows are counted as lost and the log says so: a full
 * memory would end every call, a hole in the ledger only one account.
 */
import { setImmediate as setImmediateCallback } from "node:timers";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../core/time/clock.ts";
import type { Logger } from "../../../core/log/logging.ts";
import { messageOf } from "../../../core/errors/message-of.ts";
import type { CallRecord } from "../../../core/record.ts";
import type { Journal } from "./journal.ts";
import type { LedgerHealth } from "../ledger.ts";
import { RowBlock } from "./row-block.ts";
import { linesFromRecords } from "./row-line.ts";

interface WriteBufferSettings {
  /** Most rows and bytes of one batch: what is done to a batch at once must not hold up calls for long. */
  readonly batchRows: number;
  readonly batchBytes: number;
  /** From the first row that waits to its batch. */
  readonly delayMs: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  /** First pause after a failure; doubles up to `maxRetryMs`. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
}

const usualSettings: WriteBufferSettings = {
  batchRows: 500,
  batchBytes: 1024 * 1024,
  delayMs: 100,
  maxRows: 100_000,
  maxBytes: 256 * 1024 * 1024,
  retryMs: 200,
  maxRetryMs: 5_000,
};

/** At ten thousand calls a second three batches fill between two writes; each kept block is memory that stays. */
const maxSpares = 3;

export interface WriteBufferParts {
  /** Writes a batch, whole or not at all; rows that are there already are no error. `lines`: row-line.ts, each with its end. */
  readonly write: (lines: Buffer, rows: number) => void | Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Left out where losing rows is no matter. */
  readonly journal?: Journal;
  readonly settings?: Partial<WriteBufferSettings>;
}

/** A batch that waits, or fills. */
interface Batch {
  readonly block: RowBlock;
  /** Rows that the journal did not take. */
  unkeptRows: number;
}

/** A buffer in front of `write`, which is never called twice at once. */
export class WriteBuffer {
  readonly #write: WriteBufferParts["write"];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: WriteBufferSettings;
  readonly #journal: Journal | null;
  /** Handed over in this turn of the event loop: not in the journal yet. */
  #fresh: CallRecord[] = [];
  #freshBytes = 0;
  /** The oldest first; the last one fills. */
  readonly #waiting: Batch[] = [];
  #waitingRows = 0;
  #waitingBytes = 0;
  /** Some that were written, for the next batches. */
  readonly #spares: RowBlock[] = [];
  #isWriting = false;
  #isJournalBroken = false;
  #writtenRows = 0;
  #lostRows = 0;
  #failedWrites = 0;
  #failure: { readonly message: string; readonly sinceMs: number } | null = null;
  #retryMs: number;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<boolean> | null = null;
  #isClosed = false;

  constructor({ write, clock, logger, journal, settings }: WriteBufferParts) {
    this.#journal = journal ?? null;
    this.#write = write;
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = { ...usualSettings, ...settings };
    this.#retryMs = this.#settings.retryMs;
  }

  append(record: CallRecord): void {
    const { maxRows, maxBytes, delayMs } = this.#settings;
    const size = sizeOf(record);
    if (this.#isClosed || this.#rows >= maxRows || this.#waitingBytes + this.#freshBytes + size > maxBytes) {
      this.#noteLost(1);
      return;
    }
    if (this.#fresh.length === 0) setImmediateCallback(() => this.#keepFresh());
    this.#fresh.push(record);
    this.#freshBytes += size;
    this.#schedule(this.#failure === null ? delayMs : this.#retryMs);
  }

  /** True once everything appended before is written, false as soon as a write fails. */
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

  /** Tries once more to write all, then stops. Rows that still wait are left to the journal; without one they are lost. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    this.#stopTimer();
    const lost = this.#waiting.reduce((sum, { unkeptRows }) => sum + unkeptRows, 0);
    if (lost > 0) this.#noteLost(lost);
    this.#journal?.close();
  }

  get #rows(): number {
    return this.#fresh.length + this.#waitingRows;
  }

  /** Puts what this turn handed over into the journal, and in line for the database. */
  #keepFresh(): void {
    const fresh = this.#fresh;
    if (fresh.length === 0) return;
    this.#fresh = [];
    this.#freshBytes = 0;
    const { batchRows } = this.#settings;
    for (let from = 0; from < fresh.length;) {
      const filling = this.#filling();
      const to = Math.min(fresh.length, from + (filling === null ? batchRows : batchRows - filling.block.rows));
      this.#keep(linesFromRecords(fresh.slice(from, to)), to - from, filling);
      from = to;
    }
  }

  /** The batch that takes more rows; null where a new one has to begin. */
  #filling(): Batch | null {
    const last = this.#waiting.at(-1);
    if (last === undefined || (this.#isWriting && this.#waiting.length === 1)) return null;
    return last.block.rows < this.#settings.batchRows ? last : null;
  }

  #keep(text: string, rows: number, filling: Batch | null): void {
    const bytes = Buffer.byteLength(text);
    const isRoom = filling !== null && filling.block.usedBytes + bytes <= filling.block.capacityBytes;
    const batch = isRoom ? filling : this.#begin(bytes);
    const lines = batch.block.add(text, bytes, rows);
    this.#waitingRows += rows;
    this.#waitingBytes += bytes;
    if (!this.#addToJournal(lines, rows)) batch.unkeptRows += rows;
  }

  #begin(bytes: number): Batch {
    const { batchBytes } = this.#settings;
    const block = bytes <= batchBytes ? (this.#spares.pop() ?? new RowBlock(batchBytes)) : new RowBlock(bytes);
    const batch = { block, unkeptRows: 0 };
    this.#waiting.push(batch);
    return batch;
  }

  /** Whether the journal took them. */
  #addToJournal(lines: Buffer, rows: number): boolean {
    if (this.#journal === null) return false;
    try {
      this.#journal.append(lines, rows);
      if (this.#isJournalBroken) this.#logger.info({}, "the ledger's journal can be written again");
      this.#isJournalBroken = false;
    } catch (error) {
      const fields = { error: messageOf(error) };
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
    for (let left = this.#waiting.length; left > 0 || this.#waiting.length > 1; left--) {
      const { block } = this.#waiting[0]!;
      this.#isWriting = true;
      try {
        await this.#write(block.lines(), block.rows);
      } catch (error) {
        this.#noteFailure(error);
        return false;
      } finally {
        this.#isWriting = false;
      }
      this.#noteSuccess(block);
      await setImmediate(); // calls go first
      this.#keepFresh();
    }
    return true;
  }

  #noteSuccess(block: RowBlock): void {
    this.#waiting.shift();
    this.#waitingRows -= block.rows;
    this.#waitingBytes -= block.usedBytes;
    this.#journal?.forget(block.rows);
    this.#writtenRows += block.rows;
    if (block.capacityBytes === this.#settings.batchBytes && this.#spares.length < maxSpares) {
      block.clear();
      this.#spares.push(block);
    }
    this.#retryMs = this.#settings.retryMs;
    if (this.#failure !== null) {
      this.#logger.info({ waitingRows: this.#waitingRows }, "the ledger can be written again");
    }
    this.#failure = null;
  }

  #noteFailure(error: unknown): void {
    const message = messageOf(error);
    this.#failedWrites++;
    if (this.#failure === null) {
      const fields = { error: message, waitingRows: this.#waitingRows };
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

/** Roughly what a record takes, before it is known. */
function sizeOf(record: CallRecord): number {
  const targets = record.attempts.length + (record.passedOver?.length ?? 0);
  return 1_500 + targets * 300 + (record.errorMessage?.length ?? 0) + record.notes.length * 100;
}
