/** The sums of so many calls that their rows would fill the disk: reports read nothing else. */
import { DatabaseSync } from "node:sqlite";
import { rollupTables, groupForRollups, sumForRollup, upsertRollupSql } from "../../src/costs/ledger/rollup.ts";
import { migrateSqlite } from "../../src/costs/ledger/sqlite/sqlite.ts";
import { inTransaction } from "../../src/costs/ledger/sqlite/sqlite-writer.ts";
import type { CallRecord } from "../../src/core/record.ts";
import { rowFromRecord } from "../../src/costs/ledger/row.ts";

const batchRows = 100_000;

/** Makes a ledger at `path` that has the sums of `calls` and none of their rows. */
export function writeSums(path: string, calls: Iterable<CallRecord>): void {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -256000");
  migrateSqlite(database);
  const upserts = rollupTables.map((table) => ({
    table,
    statement: database.prepare(upsertRollupSql(table, () => "?")),
  }));
  const write = (batch: readonly CallRecord[]): void =>
    inTransaction(database, () => {
      const groups = groupForRollups(batch.map(rowFromRecord));
      for (const { table, statement } of upserts) {
        for (const delta of sumForRollup(table, groups)) {
          statement.run(...delta.map((value) => (typeof value === "number" ? BigInt(value) : value)));
        }
      }
    });
  let batch: CallRecord[] = [];
  for (const call of calls) {
    if (batch.push(call) < batchRows) continue;
    write(batch);
    batch = [];
  }
  write(batch);
  database.close();
}
