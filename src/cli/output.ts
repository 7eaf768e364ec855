/** What commands print: lines, tables and JSON to one stream, with colours where a terminal shows them. */
import { stripVTControlCharacters, styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface Output {
  line(text?: string): void;
  /** Columns padded to their widest cell; those from `numbersFrom` on hold numbers and stand to the right. */
  table(rows: readonly (readonly string[])[], head?: readonly string[], numbersFrom?: number): void;
  json(value: unknown): void;
  /** Replaces the line that stands, on terminals only; "" clears it. For work that takes a while. */
  progress(text: string): void;
  /** `text` in a style, or as it is where colours are unwanted (NO_COLOR, a pipe). */
  readonly style: (style: Style, text: string) => string;
}

export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export function createOutput(stream: TextStream, environment: Readonly<Record<string, string | undefined>>): Output {
  const isColoured = wantsColours(stream, environment);
  const style = (name: Style, text: string): string =>
    isColoured ? styleText(name, text, { validateStream: false }) : text;
  const line = (text = ""): void => void stream.write(`${text}\n`);
  return {
    line,
    style,
    json: (value) => line(JSON.stringify(value, null, 2)),
    progress: (text) => void (stream.isTTY === true && stream.write(`\r\u001B[K${text}`)),
    table(rows, head, numbersFrom) {
      const all = head === undefined ? rows : [head.map((name) => style("bold", name)), ...rows];
      for (const text of formatTable(all, numbersFrom)) line(text);
    },
  };
}

/** NO_COLOR (https://no-color.org) wins over FORCE_COLOR, which wins over what the stream is. */
function wantsColours(
  stream: TextStream,
  { NO_COLOR, FORCE_COLOR, TERM }: Readonly<Record<string, string | undefined>>,
): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0";
  return stream.isTTY === true && TERM !== "dumb";
}

/** The lines of a table, two spaces between columns. */
export function formatTable(
  rows: readonly (readonly string[])[],
  numbersFrom: number = Number.POSITIVE_INFINITY,
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = " ".repeat((widths[column] ?? 0) - widthOf(cell));
        return column < numbersFrom ? cell + padding : padding + cell;
      })
      .join("  ")
      .trimEnd(),
  );
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
