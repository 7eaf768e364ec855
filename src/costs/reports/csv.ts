/** Rows as CSV (RFC 4180), safe to open in a spreadsheet. */

export type CsvValue = string | number | boolean | null;

/** A header and a line for each row, ended by CR LF. Columns are the first row's, or `columns`. */
export function toCsv(
  rows: readonly Readonly<Record<string, CsvValue>>[],
  columns: readonly string[] = Object.keys(rows[0] ?? {}),
): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))];
  return lines.map((line) => `${line.map(toCell).join(",")}\r\n`).join("");
}

function toCell(value: CsvValue): string {
  if (typeof value !== "string") return String(value);
  // A spreadsheet runs cells that begin so as formulas: model and session names come from clients.
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
