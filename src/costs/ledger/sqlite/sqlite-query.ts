/** Reads from the ledger's file, in whichever thread. */
import { DatabaseSync } from "node:sqlite";
import type { SqlRow, SqlValue } from "../ledger.ts";

/** What a query finds, by column. Integers beyond 2^53 come as bigint. */
export interface SqlColumns {
  readonly names: readonly string[];
  /** For each column its values, as many as there are rows. */
  readonly values: readonly (readonly unknown[])[];
}

/** By column: thousands of rows as objects of their own would take longer to hand to a thread than to find. */
export function queryColumns(database: DatabaseSync, sql: string, parameters: readonly SqlValue[]): SqlColumns {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const rows = statement.all(...parameters) as unknown as readonly unknown[][];
  const names = statement.columns().map(({ name }) => name);
  return { names, values: names.map((_, column) => rows.map((row) => toSmaller(row[column]))) };
}

export function toRows({ names, values }: SqlColumns): readonly SqlRow[] {
  const [first = []] = values;
  return first.map((_, row) => Object.fromEntries(names.map((name, column) => [name, values[column]?.[row]])));
}

/**
 * A few rows of the file at `path`, read in the thread that asks: for small tables that are read at a start or for an
 * operator, where a thread would take longer to start (100 ms) than the read takes (1 ms).
 */
export function queryHere(path: string, sql: string, parameters: readonly SqlValue[]): readonly SqlRow[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 500 });
  try {
    return toRows(queryColumns(database, sql, parameters));
  } finally {
    database.close();
  }
}

/** A 64-bit integer as a number, where that is exact. */
function toSmaller(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const smaller = Number(value);
  return Number.isSafeInteger(smaller) ? smaller : value;
}
