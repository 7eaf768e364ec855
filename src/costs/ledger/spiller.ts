/**
 * Between the write buffer and a database that may be away: rows go straight in while it is there and nothing
 * waits, else behind what waits in the spill file, which is brought in as soon as it can be.
 */
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import { openSpillFile } from "./spill-file.ts";

export interface SpillerParts {
  /** Writes rows, all or none; rows that are there already are no error. */
  readonly insert: (records: readonly CallRecord[]) => Promise<void>;
  readonly path: string;
  readonly maxBytes: number;
  readonly retryMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Spiller {
  /** Rejects only where neither the database nor the file takes the rows. */
  write(records: readonly CallRecord[]): Promise<void>;
  /** Brings in what waits; false where the database is still away. */
  catchUp(): Promise<boolean>;
  health(): { readonly rows: number; readonly lastError: string | null; readonly sinceMs: number | null };
  close(): Promise<void>;
}

const batchRows = 200;

/** A spiller with what an earlier process left behind. */
export function createSpiller(parts: SpillerParts): Spiller {
  const { insert, retryMs, clock, logger } = parts;
  const file = openSpillFile(parts.path, parts.maxBytes);
  let failure: { readonly message: string; readonly sinceMs: number } | null = null;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<boolean> | null = null;
  let isClosed = false;

  function schedule(): void {
    if (isClosed || timer !== null || file.rows === 0) return;
    timer = setTimeout(() => {
      timer = null;
      void catchUp();
    }, retryMs).unref();
  }

  function noteFailure(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (failure === null) logger.error({ error: message }, "the ledger's database is away: rows go to the spill file");
    failure = { message, sinceMs: failure?.sinceMs ?? clock.nowMs() };
  }

  function catchUp(): Promise<boolean> {
    running ??= bringIn().finally(() => {
      running = null;
      schedule();
    });
    return running;
  }

  async function bringIn(): Promise<boolean> {
    while (file.rows > 0 && !isClosed) {
      try {
        await insertWhatCan(file.peek(batchRows));
      } catch (error) {
        noteFailure(error);
        return false;
      }
      file.drop();
    }
    if (failure !== null) logger.info({}, "the ledger's database has caught up");
    failure = null;
    return true;
  }

  /** A row that the database itself refuses must not stop those behind it for ever: it is left out and logged. */
  async function insertWhatCan(records: readonly CallRecord[]): Promise<void> {
    try {
      await insert(records);
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      if (records.length > 1) {
        for (const record of records) await insertWhatCan([record]);
        return;
      }
      logger.error({ call: records[0]?.id, error: String(error) }, "the database refuses this call's row: it is lost");
    }
  }

  schedule();
  return {
    async write(records) {
      if (file.rows === 0) {
        try {
          await insertWhatCan(records);
          failure = null;
          return;
        } catch (error) {
          noteFailure(error);
        }
      }
      file.append(records);
      schedule();
    },
    catchUp,
    health: () => ({ rows: file.rows, lastError: failure?.message ?? null, sinceMs: failure?.sinceMs ?? null }),
    async close() {
      await catchUp();
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      file.close();
    },
  };
}

/** SQLSTATE classes 22 (data) and 23 (constraints): sending the row again would not help. */
function isRefusedData(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && /^2[23]/.test(code);
}
