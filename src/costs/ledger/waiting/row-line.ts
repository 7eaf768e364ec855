/**
 * A call's row as a line: in the journal, in the spill file and between the threads.
 *
 * `[[values of the columns],\t{details}]`, without the end of the line. A tab cannot stand in a text of JSON, so the details,
 * which the database keeps as they are, are found without being read, and the columns' names are left out: half of the work
 * and two thirds of the bytes of a whole record in JSON (docs/performance.md).
 */
import type { CallRecord } from "../../../core/record.ts";
import type { SqlValue } from "../ledger.ts";
import { detailsFromRecord } from "../row-details.ts";
import { callColumns, columnsFromRecord, rowFromRecord } from "../row.ts";
import type { CallRow } from "../row.ts";

/** A record's line; what the ledger has no place for is left out, and so are NUL characters. */
export function lineFromRecord(record: CallRecord): string {
  const line = lineOf(columnsFromRecord(record), detailsFromRecord(record));
  return line.includes("\\u0000") ? lineFromRow(rowFromRecord(record)) : line;
}

export function lineFromRow(row: CallRow): string {
  return lineOf(row.slice(0, -1), row.at(-1) as string);
}

/** Throws Error where the line is none of these. One that holds a whole record was written by an earlier version. */
export function rowFromLine(line: string): CallRow {
  const tab = line.indexOf("\t");
  if (tab < 0) return rowFromRecord(JSON.parse(line) as CallRecord);
  const row = JSON.parse(line.slice(1, tab - 1)) as SqlValue[];
  row.push(line.slice(tab + 1, -1));
  if (row.length !== callColumns.length) {
    throw new SyntaxError(`a row has ${callColumns.length} values here, not ${row.length}: another version wrote it`);
  }
  return row;
}

function lineOf(columns: CallRow, details: string): string {
  return `[${JSON.stringify(columns)},\t${details}]`;
}
