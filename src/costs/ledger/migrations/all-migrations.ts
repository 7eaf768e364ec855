/** The ledger's schema, step by step. A database remembers how many steps it has taken. */
import { migration0001 } from "./0001-calls.ts";
import { migration0002 } from "./0002-corrections.ts";
import { migration0003 } from "./0003-spend-limits.ts";
import { migration0004 } from "./0004-budget-announcements.ts";
import { migration0005 } from "./0005-totals.ts";
import { migration0006 } from "./0006-alerts.ts";
import { migration0007 } from "./0007-sign-ins.ts";
import { migration0008 } from "./0008-weeks.ts";
import { migration0009 } from "./0009-failed-calls.ts";
import { migration0010 } from "./0010-targets-by-time.ts";
import type { Migration, SchemaWords } from "./migration.ts";

/** All steps in order; step n brings a database from version n - 1 to n. */
export const migrations: readonly Migration[] = [
  migration0001,
  migration0002,
  migration0003,
  migration0004,
  migration0005,
  migration0006,
  migration0007,
  migration0008,
  migration0009,
  migration0010,
];

export const sqliteWords: SchemaWords = { sequence: "INTEGER PRIMARY KEY AUTOINCREMENT", inKeyOrder: "WITHOUT ROWID" };
export const postgresWords: SchemaWords = {
  sequence: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  inKeyOrder: "",
};

/** Of a database that a newer program has brought further than this one knows. */
export function newerSchemaError(version: number): Error {
  return new Error(
    `the ledger's schema is version ${version}, this program knows ${migrations.length}: ` +
      "use a newer one, or put back the copy from before the upgrade (`ccr ledger restore`)",
  );
}
