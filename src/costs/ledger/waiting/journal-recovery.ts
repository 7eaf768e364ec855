/** Brings into the database what processes that are gone have left in their journals (journal.ts). */
import { closeSync, openSync, rmSync } from "node:fs";
import { parseJson } from "../../../core/json/json.ts";
import type { Logger } from "../../../core/log/logging.ts";
import { leftJournals } from "./journal.ts";
import { endOfLastLine, readLines } from "./spill-file.ts";

const batchLines = 200;
const retryMs = 5_000;

export interface Recovery {
  /** Tries what could not be brought in yet; false where the database refuses. Runs once by itself. */
  run(): Promise<boolean>;
  /** Waits for what runs, and tries no more. */
  close(): Promise<void>;
}

/** Brings in what processes that are gone have left, now and every few seconds until it is done. */
export function createRecovery(
  ledgerPath: string,
  write: (lines: readonly string[]) => Promise<void>,
  logger: Logger,
): Recovery {
  let running: Promise<boolean> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;
  const left = leftJournals(ledgerPath);

  async function bringIn(): Promise<boolean> {
    let lines = 0;
    try {
      for (let path = left[0]; path !== undefined; path = left[0]) {
        for (const batch of batchesOf(path)) {
          await write(batch);
          lines += batch.length;
        }
        rmSync(path, { force: true });
        left.shift();
      }
    } catch (error) {
      logger.warn({ error: String(error) }, "what an earlier process left in the ledger's journal waits");
      if (!isClosed) timer = setTimeout(() => void run(), retryMs).unref();
      return false;
    }
    if (lines > 0) logger.info({ lines }, "brought in what an earlier process left in the ledger's journal");
    return true;
  }

  function run(): Promise<boolean> {
    if (left.length === 0) return Promise.resolve(true);
    if (timer !== null) clearTimeout(timer);
    timer = null;
    running ??= bringIn().finally(() => (running = null));
    return running;
  }

  void run();
  return {
    run,
    async close() {
      isClosed = true;
      await running;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** Whole lines that hold JSON: one that was cut off in the middle (a full disk, loss of power) is left out. */
function* batchesOf(path: string): Generator<readonly string[]> {
  const file = openSync(path, "r");
  try {
    let batch: string[] = [];
    for (const line of readLines(file, 0, endOfLastLine(file), Infinity)) {
      if (parseJson(line) === undefined) continue;
      batch.push(line);
      if (batch.length < batchLines) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    closeSync(file);
  }
}
