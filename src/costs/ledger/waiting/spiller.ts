/**
 * Between the write buffer and a database that may be away: rows go straight in while it is there and nothing
 * waits, else behind what waits in the spill file, which is brought in as soon as it can be.
 */
import type { Clock } from "../../../core/time/clock.ts";
import type { Logger } from "../../../core/log/logging.ts";
import { messageOf } from "../../../core/errors/message-of.ts";
import type { LedgerHealth } from "../ledger.ts";
import { columnIndex } from "../row.ts";
import type { CallRow } from "../row.ts";
import { rowFromLine } from "./row-line.ts";
import { openSpillFile } from "./spill-file.ts";
import type { SpillFile } from "./spill-file.ts";

export interface SpillerParts {
  /** Writes rows, all or none; rows that are there already are no error. None of them: rejects where the database is away. */
  readonly insert: (rows: readonly CallRow[]) => Promise<void>;
  readonly path: string;
  readonly maxBytes: number;
  readonly retryMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const batchRows = 200;
/** Of a line, in the log. */
const shownCharacters = 200;

/** A spiller with what an earlier process left behind. */
export class Spiller {
  readonly #parts: SpillerParts;
  readonly #file: SpillFile;
  #failure: { readonly message: string; readonly sinceMs: number } | null = null;
  #failedWrites = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<boolean> | null = null;
  #isClosed = false;

  constructor(parts: SpillerParts) {
    this.#parts = parts;
    this.#file = openSpillFile(parts.path, parts.maxBytes);
    this.#schedule();
  }

  /** Takes rows as lines (row-line.ts). Rejects only where neither the database nor the file takes them. */
  async write(lines: readonly string[]): Promise<void> {
    if (this.#file.rows === 0) {
      try {
        await this.#insertLines(lines);
        this.#failure = null;
        return;
      } catch (error) {
        this.#noteFailure(error);
      }
    }
    this.#file.append(lines);
    this.#schedule();
  }

  /** Brings in what waits; false where the database is still away. */
  catchUp(): Promise<boolean> {
    this.#running ??= this.#bringIn().finally(() => {
      this.#running = null;
      this.#schedule();
    });
    return this.#running;
  }

  /** `failedWrites`: to the database, since the start. */
  health(): Pick<LedgerHealth, "failedWrites" | "lastError" | "sinceMs"> & { readonly rows: number } {
    const { message = null, sinceMs = null } = this.#failure ?? {};
    return { rows: this.#file.rows, failedWrites: this.#failedWrites, lastError: message, sinceMs };
  }

  async close(): Promise<void> {
    await this.catchUp();
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#file.close();
  }

  #schedule(): void {
    if (this.#isClosed || this.#timer !== null || this.#file.rows === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.catchUp();
    }, this.#parts.retryMs).unref();
  }

  #noteFailure(error: unknown): void {
    const { logger, clock } = this.#parts;
    const message = messageOf(error);
    this.#failedWrites++;
    if (this.#failure === null) {
      logger.error({ error: message }, "the ledger's database is away: rows go to the spill file");
    }
    this.#failure = { message, sinceMs: this.#failure?.sinceMs ?? clock.nowMs() };
  }

  async #bringIn(): Promise<boolean> {
    while (this.#file.rows > 0) {
      try {
        await this.#insertLines(this.#file.peek(batchRows));
      } catch (error) {
        this.#noteFailure(error);
        return false;
      }
      this.#file.drop();
    }
    if (this.#failure !== null) this.#parts.logger.info({}, "the ledger's database has caught up");
    this.#failure = null;
    return true;
  }

  /** A line that holds no row is left out and logged, once the database has the others: one that knows more may read it. */
  async #insertLines(lines: readonly string[]): Promise<void> {
    const rows: CallRow[] = [];
    const unreadable: { readonly line: string; readonly error: string }[] = [];
    for (const line of lines) {
      try {
        rows.push(rowFromLine(line));
      } catch (error) {
        unreadable.push({ line: line.slice(0, shownCharacters), error: String(error) });
      }
    }
    await this.#insertWhatCan(rows);
    for (const fields of unreadable) this.#parts.logger.error(fields, "this call's row cannot be read: it is lost");
  }

  /** A row that the database itself refuses must not stop those behind it for ever: it is left out and logged. */
  async #insertWhatCan(rows: readonly CallRow[]): Promise<void> {
    try {
      await this.#parts.insert(rows);
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      if (rows.length > 1) {
        for (const row of rows) await this.#insertWhatCan([row]);
        return;
      }
      const fields = { call: rows[0]?.[columnIndex.id], error: String(error) };
      this.#parts.logger.error(fields, "the database refuses this call's row: it is lost");
    }
  }
}

/** SQLSTATE classes 22 (data), 23 (constraints) and 54 (a limit, as of an index): sending the row again would not help. */
function isRefusedData(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && /^(22|23|54)/.test(code);
}
