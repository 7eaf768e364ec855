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

/**
 * Where a spreadsheet would begin a formula, in full width too (Japanese ones take it): at the start, and behind what other
 * countries' spreadsheets take for the end of a cell, in quotes or not.
 */
const formulaStart = /(?<=^|[;\t\r\n])(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])|^(?=[\t\r\n])/g;

function toCell(value: CsvValue): string {
  if (typeof value !== "string") return String(value);
  // Names of models and sessions come from clients.
  const harmless = value.replace(formulaStart, "'");
  return /[",;\t\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
