/** What commands print: lines, tables and JSON to one stream, with colours where a terminal shows them. */
import { styleText } from "node:util";
import { visibleText } from "../../core/text/visible-text.ts";
import { formatTable } from "./table.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface Output {
  line(text?: string): void;
  /**
   * Columns padded to their widest cell; those from `numbersFrom` on hold numbers and stand to the right. A last column of
   * text too long for the terminal goes on below itself.
   */
  table(rows: readonly (readonly string[])[], head?: readonly string[], numbersFrom?: number): void;
  json(value: unknown): void;
  /**
   * For work that takes a while; "" says that it is over. On a terminal it replaces the line that stands. Elsewhere (a log, a
   * pipe) it is a line of its own, one in five seconds, so that quick work leaves none.
   */
  progress(text: string): void;
  /** `text` in a style, or as it is where colours are unwanted (NO_COLOR, a pipe). */
  readonly style: (style: Style, text: string) => string;
}

export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** How wide a terminal is. */
  readonly columns?: number;
}

export function createOutput(
  stream: TextStream,
  environment: Readonly<Record<string, string | undefined>>,
  nowMs: () => number = () => performance.now(),
): Output {
  const isColoured = wantsColours(stream, environment);
  const style = (name: Style, text: string): string =>
    isColoured ? styleText(name, text, { validateStream: false }) : text;
  const write = (text: string): void => void stream.write(`${text}\n`);
  const visible = (text: string): string =>
    isColoured ? text.split(styles).map(keepStyles).join("") : visibleText(text);
  const line = (text = ""): void => write(visible(text));
  return {
    line,
    style,
    json: (value) => write(JSON.stringify(value, null, 2)),
    progress: stream.isTTY === true ? progressOnTerminal(stream) : progressInLines(line, nowMs),
    table(rows, head, numbersFrom) {
      const all = head === undefined ? rows : [head.map((name) => style("bold", name)), ...rows];
      const cells = all.map((row) => row.map((cell) => visible(cell).replaceAll("\n", "\\n")));
      const width = stream.isTTY === true ? stream.columns || undefined : undefined;
      for (const text of formatTable(cells, { numbersFrom, width })) write(text);
    },
  };
}

/** A longer text than the terminal is wide would leave its first line behind. */
function progressOnTerminal(stream: TextStream): Output["progress"] {
  return (text) => void stream.write(`\r\u001B[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
}

const linesApartMs = 5_000;

function progressInLines(line: (text: string) => void, nowMs: () => number): Output["progress"] {
  let lastMs: number | null = null;
  return (text) => {
    if (text === "") lastMs = null;
    else if (lastMs === null) lastMs = nowMs();
    else if (nowMs() - lastMs >= linesApartMs) {
      lastMs = nowMs();
      line(text);
    }
  };
}

/** What `style` writes; splitting keeps these pieces, at odd places. */
// oxlint-disable-next-line no-control-regex -- these are what it looks for
const styles = /(\u001B\[[\d;]*m)/;

function keepStyles(piece: string, index: number): string {
  return index % 2 === 1 ? piece : visibleText(piece);
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
