/** Copies of a ledger's file: made while routers write to it, checked, and put back. */
import { chmodSync, closeSync, copyFileSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, backup } from "node:sqlite";
import { messageOf } from "../../../core/errors/message-of.ts";
import { makeFolder } from "../../../core/files/make-folder.ts";
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
    return checkSqliteCopy(to, to);
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
  makeFolder(dirname(path), 0o700); // on a new machine it is missing
  const fresh = `${path}.restoring`;
  const copy = copyIn(from, fresh);
  chmodSync(fresh, 0o600); // however the copy was kept
  giveToOwnerOfPlace(fresh, path);
  const keptAs = existsSync(path) ? `${path}.replaced-${stamp}` : null;
  if (keptAs !== null) {
    for (const part of parts) if (existsSync(path + part)) renameSync(path + part, keptAs + part);
  }
  renameSync(fresh, path);
  return { copy, keptAs };
}

/** A database is up to three files: what a router that was killed wrote last is in the second. */
const parts = ["", "-wal", "-shm"];

/**
 * Copies, and checks what came: opening a database writes beside it, and the copy may be on a disk that can only be read.
 * Throws Error for what is no ledger, and leaves nothing then.
 */
function copyIn(from: string, fresh: string): LedgerCopy {
  if (!existsSync(from)) throw new Error(`there is no file ${from}`);
  const remove = (): void => parts.forEach((part) => rmSync(fresh + part, { force: true }));
  remove();
  try {
    for (const part of ["", "-wal"]) if (existsSync(from + part)) copyFileSync(from + part, fresh + part);
    return checkSqliteCopy(fresh, from);
  } catch (error) {
    remove();
    throw error;
  }
}

/** Throws Error, which calls the file `name`, where it is damaged, no ledger, or of a newer program. */
function checkSqliteCopy(path: string, name: string): LedgerCopy {
  const { version, calls } = readCopy(path, name);
  if (version === 0) throw new Error(`${name} is no ledger: it is empty`);
  if (version > migrations.length) {
    throw new Error(
      `${name} was written by a newer program (schema ${version}, and this one has ${migrations.length})`,
    );
  }
  return { calls };
}

/** Whatever SQLite has against the file, it is no ledger. */
function readCopy(path: string, name: string): LedgerCopy & { readonly version: number } {
  const database = new DatabaseSync(path);
  try {
    const [integrity] = database.prepare("PRAGMA quick_check").all();
    if (integrity?.["quick_check"] !== "ok") throw new Error(`it is damaged: ${String(integrity?.["quick_check"])}`);
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version === 0) return { version, calls: 0 };
    const row = database.prepare("SELECT COUNT(*) AS calls FROM calls").get();
    return { version, calls: Number(row?.["calls"]) };
  } catch (error) {
    throw new Error(`${name} is no ledger: ${messageOf(error)}`, { cause: error });
  } finally {
    database.close();
  }
}
