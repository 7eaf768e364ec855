/** Copies of the ledger that a configuration names, whichever database keeps it. */
import type { Config } from "../config/schema.ts";
import { backUpSqlite, restoreSqlite } from "../costs/ledger/sqlite/sqlite-backup.ts";

/** What was done, in words. */
export interface CopyAccount {
  readonly database: "sqlite" | "postgres";
  readonly file: string;
  /** Calls in the copy; null where the database's own program made it. */
  readonly calls: number | null;
  /** Where what stood there before was kept. */
  readonly keptAs: string | null;
}

/** Copies the ledger to `file`, while routers may write. Rejects with Error in words for people. */
export async function backUpLedger({ ledger }: Pick<Config, "ledger">, file: string): Promise<CopyAccount> {
  if (ledger.postgres === null) {
    const { calls } = await backUpSqlite(ledger.sqlitePath, file);
    return { database: "sqlite", file, calls, keptAs: null };
  }
  const { backUpPostgres } = await import("../costs/ledger/postgres/postgres-backup.ts");
  await backUpPostgres(ledger.postgres, "ccr", file);
  return { database: "postgres", file, calls: null, keptAs: null };
}

/** Puts a copy in the ledger's place. No router may be running on it. */
export async function restoreLedger(
  { ledger }: Pick<Config, "ledger">,
  file: string,
  stamp: string,
): Promise<CopyAccount> {
  if (ledger.postgres === null) {
    const { copy, keptAs } = restoreSqlite(file, ledger.sqlitePath, stamp);
    return { database: "sqlite", file, calls: copy.calls, keptAs };
  }
  const { restorePostgres } = await import("../costs/ledger/postgres/postgres-backup.ts");
  await restorePostgres(ledger.postgres, file);
  return { database: "postgres", file, calls: null, keptAs: null };
}
