/**
 * Who writes a batch of rows: a few are written where they are, by the thread that serves calls, more by a thread of their own.
 *
 * A router of some calls a second does without that thread, which takes 15 MB and a tenth of a second to start; once it is
 * there it takes every batch. What calls wait for is bounded: `fewRows` take half a millisecond every 100 ms, the disk is
 * synced elsewhere (write-ahead-log.ts), and for a lock of others the thread waits.
 */
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { SqliteThread } from "./sqlite-thread.ts";

export const fewRows = 8;

/** Another connection writes, or holds a lock: https://www.sqlite.org/rescode.html#busy */
const busyCode = 5;

/** Adds rows (row-line.ts). Answers why some were left out; rejects with Error where none was written. */
export type InsertRows = (lines: Uint8Array, rows: number) => Promise<readonly string[]>;

/** `here`: a connection that does not wait for locks. */
export function createInsertRows(here: SqliteConnection, thread: SqliteThread): InsertRows {
  /** Null where others hold a lock. */
  function insertHere(lines: Uint8Array): readonly string[] | null {
    try {
      return here({ kind: "insert", lines });
    } catch (error) {
      if (error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === busyCode) return null;
      throw error;
    }
  }

  return async (lines, rows) =>
    (rows <= fewRows && !thread.isStarted ? insertHere(lines) : null) ?? thread.ask({ kind: "insert", lines });
}
