/** Copies of a ledger's file: made while routers write to it, checked, and put back. */
import { chmodSync, closeSync, copyFileSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync, backup } from "node:sqlite";
import { messageOf } from "../../../core/errors/message-of.ts";
import { giveToOwnerOfPlace } from "../../../core/files/owner-of-place.ts";
import { migrations } from "../migrations/all-migrations.ts";

/** What a copy holds. */
export interface LedgerCopy {
  readonly calls: number;
}

/** Copies the ledger at `path` to `to`, which must not be there yet. Rejects with Error; a half copy does not stay. */
export async function backUpSqlite(path: string, to: string): Promise<LedgerCopy> {
  if (!existsSync(path)) throw new Error(`there is no ledger at ${path}`);
  closeSync(openSync(to, "wx", 0o600));
  try {
    const source = new DatabaseSync(path, { timeout: 5_000 });
    try {
      await backup(source, to, { rate: 1_000 });
    } finally {
      source.close();
    }
    return checkSqliteCopy(to);
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  }
}

/**
 * Puts the copy at `from` in the place of the ledger at `path`, which no router may have open. What stood there is kept
 * as `<path>.replaced-<stamp>`; answers that name. Throws Error for what is no ledger, before anything is touched.
 */
export function restoreSqlite(
  from: string,
  path: string,
  stamp: string,
): { readonly copy: LedgerCopy; readonly keptAs: string | null } {
  const copy = checkSqliteCopy(from);
  const fresh = `${path}.restoring`;
  copyFileSync(from, fresh);
  chmodSync(fresh, 0o600); // however the copy was kept
  giveToOwnerOfPlace(fresh, path);
  const keptAs = existsSync(path) ? `${path}.replaced-${stamp}` : null;
  if (keptAs !== null) {
    for (const part of ["", "-wal", "-shm"]) if (existsSync(path + part)) renameSync(path + part, keptAs + part);
  }
  renameSync(fresh, path);
  return { copy, keptAs };
}

/** Throws Error where the file is damaged, no ledger, or of a newer program. */
function checkSqliteCopy(path: string): LedgerCopy {
  if (!existsSync(path)) throw new Error(`there is no file ${path}`);
  const database = openCopy(path);
  try {
    const [integrity] = database.prepare("PRAGMA quick_check").all();
    if (integrity?.["quick_check"] !== "ok")
      throw new Error(`${path} is damaged: ${String(integrity?.["quick_check"])}`);
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version === 0) throw new Error(`${path} is no ledger`);
    if (version > migrations.length) throw new Error(`${path} was written by a newer program (schema ${version})`);
    const row = database.prepare("SELECT COUNT(*) AS calls FROM calls").get();
    return { calls: Number(row?.["calls"]) };
  } finally {
    database.close();
  }
}

/** SQLite looks at a file only when it is read. Throws Error where it is no database. */
function openCopy(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    database.prepare("PRAGMA user_version").get();
    return database;
  } catch (error) {
    database?.close();
    throw new Error(`${path} is no ledger: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
