/** A connection to the ledger's file, and what can be asked of it, in whichever thread. */
import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Correction, SqlStatement, SqlValue } from "../ledger.ts";
import { queryColumns } from "./sqlite-query.ts";
import type { SqlColumns } from "./sqlite-query.ts";
import { createSqliteWriter } from "./sqlite-writer.ts";
import type { SqliteWriter } from "./sqlite-writer.ts";

export type SqliteRequest =
  | { readonly kind: "query"; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly kind: "checkpoint" }
  /** Rows as lines; in shared memory they are not copied. */
  | { readonly kind: "insert"; readonly lines: Uint8Array }
  | { readonly kind: "correct"; readonly corrections: readonly Correction[] }
  | { readonly kind: "write"; readonly statements: readonly SqlStatement[] }
  | { readonly kind: "remove"; readonly stage: number; readonly cutoffMs: number }
  | { readonly kind: "rebuild-week"; readonly cutoffMs: number }
  | { readonly kind: "close" };

/** What is answered, by the kind of the request. */
export interface SqliteAnswers {
  readonly query: SqlColumns;
  readonly checkpoint: undefined;
  /** Why rows were left out. */
  readonly insert: readonly string[];
  readonly correct: number;
  readonly write: undefined;
  readonly remove: number;
  readonly "rebuild-week": undefined;
  readonly close: undefined;
}

/** Does at once what is asked. Throws Error where SQLite refuses, or where the file is no longer the one that was opened. */
export type SqliteConnection = <R extends SqliteRequest>(request: R) => SqliteAnswers[R["kind"]];

/** Settings of every connection that writes. */
export const writingPragmas = "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;";

/** What can be asked of `database`, the file at `path`, just opened. */
export function toConnection(database: DatabaseSync, path: string): SqliteConnection {
  const openInode = inodeAt(path);
  let writer: SqliteWriter | null = null;

  function perform(request: SqliteRequest): unknown {
    if (request.kind === "query") return queryColumns(database, request.sql, request.parameters);
    if (request.kind === "checkpoint") return database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    if (request.kind === "close") return database.isOpen ? database.close() : undefined;
    // What is written to a file without a name is gone with this process; what waits is in the journal.
    if (inodeAt(path) !== openInode) throw movedError(path);
    writer ??= createSqliteWriter(database);
    if (request.kind === "insert") return writer.insert(request.lines);
    if (request.kind === "correct") return writer.correct(request.corrections);
    if (request.kind === "write") return writer.write(request.statements);
    if (request.kind === "rebuild-week") return writer.rebuildWeek(request.cutoffMs);
    return writer.removePart(request.stage, request.cutoffMs);
  }
  return perform as SqliteConnection;
}

function inodeAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** The file is not where it was opened. */
export function movedError(path: string): Error {
  return new Error(`${path} was moved, removed or replaced: put it back, or restart`);
}
