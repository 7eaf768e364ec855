/** Texts in columns. */
import { stripVTControlCharacters } from "node:util";

export interface TableLayout {
  /** Columns from here on hold numbers and stand to the right. */
  readonly numbersFrom?: number | undefined;
  /** Of a terminal, whose lines words are not to run over; undefined: there is none. */
  readonly width?: number | undefined;
}

const gap = "  ";
/** A last column with less room than this begins a line of its own wherever it goes on. */
const leastRoom = 20;
const shallowIndent = 4;

/** The lines of a table. Where the last column is text and too long for the terminal, its words go on below. */
export function formatTable(
  rows: readonly (readonly string[])[],
  { numbersFrom = Number.POSITIVE_INFINITY, width = Number.POSITIVE_INFINITY }: TableLayout = {},
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  }
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + gap.length, 0);
  const indent = width - before >= leastRoom ? before : shallowIndent;
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => {
      const padding = " ".repeat((widths[column] ?? 0) - widthOf(cell));
      return column < numbersFrom ? cell + padding : padding + cell;
    });
    const line = cells.join(gap).trimEnd();
    const isWrapped = widthOf(line) > width && row.length === widths.length && row.length <= numbersFrom;
    if (!isWrapped) return [line];
    return wrapWords(row.at(-1) ?? "", cells.slice(0, -1).join(gap) + gap, { width, indent });
  });
}

/** `text` behind `start`, broken between words. */
function wrapWords(text: string, start: string, { width, indent }: { width: number; indent: number }): string[] {
  const lines: string[] = [];
  let line = start;
  text.split(" ").forEach((word, index) => {
    const more = index === 0 ? word : ` ${word}`;
    if (widthOf(line + more) <= width) line += more;
    else {
      lines.push(line.trimEnd());
      line = " ".repeat(indent) + word;
    }
  });
  return [...lines, line];
}

/** Signs that terminals show two columns wide. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/u;

function widthOf(cell: string): number {
  let width = 0;
  for (const sign of stripVTControlCharacters(cell)) if (!/\p{M}/u.test(sign)) width += wide.test(sign) ? 2 : 1;
  return width;
}
