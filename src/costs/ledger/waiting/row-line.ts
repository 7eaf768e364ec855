/**
 * A call's row as a line: in the journal, in the spill file and between the threads.
 *
 * `[[values of the columns],\t{details}]`, without the end of the line. A tab cannot stand in a text of JSON, so the details,
 * which the database keeps as they are, are found without being read, and the columns' names are left out: half of the work
 * and two thirds of the bytes of a whole record in JSON (docs/performance.md).
 */
import { RecentResults } from "../../../core/collections/recent-results.ts";
import { haveSameParties, sessionKeyOf } from "../../../core/record.ts";
import type { CallRecord } from "../../../core/record.ts";
import { millisecondsText } from "../../../core/time/milliseconds-text.ts";
import type { SqlValue } from "../ledger.ts";
import { detailsFromRecord } from "../row-details.ts";
import { callColumns, endColumns, partyColumns, rowFromRecord } from "../row.ts";
import type { CallRow } from "../row.ts";

const partyTexts = new RecentResults<CallRecord, string>({
  keyOf: sessionKeyOf,
  isSame: haveSameParties,
  make: (record) => JSON.stringify(partyColumns(record)).slice(1, -1),
});

const nul = "\\u0000";

/** The lines of records, each with its end; what the ledger has no place for is left out, and so are NUL characters. */
export function linesFromRecords(records: readonly CallRecord[]): string {
  let lines = "";
  for (const record of records) lines += `${lineOf(record)}\n`;
  if (!lines.includes(nul)) return lines;
  return records.map((record) => `${lineFromRow(rowFromRecord(record))}\n`).join("");
}

function lineOf(record: CallRecord): string {
  const { id, startedAtMs, durationMs, firstByteMs, providerMs } = record;
  const firstByte = firstByteMs === null ? null : millisecondsText(firstByteMs);
  const times = `${startedAtMs},${millisecondsText(durationMs)},${firstByte},${millisecondsText(providerMs)}`;
  const end = JSON.stringify(endColumns(record)).slice(1);
  return `[[${JSON.stringify(id)},${times},${partyTexts.of(record)},${end},\t${detailsFromRecord(record)}]`;
}

export function lineFromRow(row: CallRow): string {
  return `[${JSON.stringify(row.slice(0, -1))},\t${row.at(-1) as string}]`;
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
