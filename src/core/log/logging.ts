/**
 * Structured logging: JSON lines by pino, one child logger per component.
 *
 * Every line goes to standard output (for people where that is a terminal); warnings and worse also to a file of
 * bounded size. Secrets are removed from each finished line, and bursts of equal warnings are folded with a count.
 */
import { pino } from "pino";
import { systemClock } from "../time/clock.ts";
import type { Clock } from "../time/clock.ts";
import { isoTime } from "../time/iso-time.ts";
import { RotatingLogFile } from "./log-file.ts";
import { formatForTerminal } from "./log-format.ts";
import { BufferedOutput } from "./log-output.ts";
import type { LogOutput } from "./log-output.ts";
import type { LogFields } from "./log-fields.ts";
import { LogSink } from "./log-sink.ts";

/** What the rest of the program may do with a log: fields first, sentence second. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Logger;
}

/** A logger that says nothing, for library use and tests. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Lines written since the start, folded ones among them. */
export type LineCounts = Readonly<Record<"debug" | "info" | "warn" | "error", number>>;

export interface StructuredLoggerOptions {
  readonly level?: LogLevel;
  /** File for warnings and worse; none if left out. */
  readonly file?: string;
  /** Size at which a new file is begun; five older ones are kept. */
  readonly maxFileBytes?: number;
  /** Standard output unless told otherwise. */
  readonly output?: LogOutput;
  readonly clock?: Clock;
}

/** Lines of this component are the account of single calls: each is written, however many there are. */
export const callComponent = "calls";

export class StructuredLogger implements Logger {
  readonly #pino: pino.Logger;
  readonly #sink: LogSink;
  readonly #component: string;
  readonly #root: StructuredLogger;
  /** The fields of this logger and those above it, for plain lines. */
  readonly #fields: LogFields;

  /** Opens the outputs. A log file that cannot be opened is told as a warning: a full disk must not stop the router. */
  constructor(
    options: StructuredLoggerOptions = {},
    parent?: { readonly logger: StructuredLogger; readonly fields: LogFields },
  ) {
    if (parent !== undefined) {
      this.#pino = parent.logger.#pino.child(parent.fields);
      this.#sink = parent.logger.#sink;
      const component = parent.fields["component"];
      this.#component = typeof component === "string" ? component : parent.logger.#component;
      this.#root = parent.logger.#root;
      this.#fields = { ...parent.logger.#fields, ...parent.fields };
      return;
    }
    const { file, problem } = openFile(options);
    this.#sink = new LogSink(options.output ?? createStandardOutput(), file, options.clock ?? systemClock);
    this.#pino = createPino(options.level ?? "info", this.#sink);
    this.#component = "";
    this.#root = this;
    this.#fields = {};
    if (problem !== null) this.warn({ error: problem, file: options.file }, "the log file cannot be written");
  }

  debug(fields: LogFields, message: string): void {
    if (!this.#pino.isLevelEnabled("debug")) return;
    this.#sink.counts.debug++;
    this.#pino.debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    if (!this.#pino.isLevelEnabled("info")) return;
    this.#sink.counts.info++;
    this.#pino.info(fields, message);
  }

  warn(fields: LogFields, message: string): void {
    if (!this.#pino.isLevelEnabled("warn")) return;
    this.#sink.counts.warn++;
    if (this.#isWritten("warn", fields, message)) this.#pino.warn(fields, message);
  }

  error(fields: LogFields, message: string): void {
    if (!this.#pino.isLevelEnabled("error")) return;
    this.#sink.counts.error++;
    if (this.#isWritten("error", fields, message)) this.#pino.error(fields, message);
  }

  /**
   * A line of plain values, for lines that every call writes: a third of the time of the others. The field `msg` is the
   * sentence; errors as values are not serialized, and nothing is folded. `ids`: of hex digits, which hold no secret
   * and need no escaping; they come first. `shared`: one object for all lines that have the same values there.
   */
  writePlain(
    level: "info" | "warn" | "error",
    ids: Readonly<Record<string, string>>,
    shared: LogFields,
    fields: LogFields,
  ): void {
    if (!this.#pino.isLevelEnabled(level)) return;
    this.#sink.counts[level]++;
    this.#sink.lastLevel = pino.levels.values[level] ?? 0;
    const { clock, plainLines } = this.#sink;
    let line = `{"level":"${level}","time":"${isoTime(clock.nowMs())}"${plainLines.renderShared(this.#fields)}`;
    for (const name in ids) line += `,"${name}":"${ids[name]}"`;
    this.#sink.writeRedacted(`${line}${plainLines.renderShared(shared)}${plainLines.render(fields)}}\n`);
  }

  /** A finished line of another process's logger. */
  writeLine(line: string): void {
    const [, level = "info"] = /^\{"level":"(\w+)"/.exec(line) ?? [];
    if (level in this.#sink.counts) this.#sink.counts[level as keyof LineCounts]++;
    this.#sink.lastLevel = pino.levels.values[level] ?? 0;
    this.#sink.write(line);
  }

  child(fields: LogFields): StructuredLogger {
    return new StructuredLogger({}, { logger: this, fields });
  }

  /** Hides these values in all lines from now on, whatever they look like: the configured keys. */
  hideSecrets(secrets: Iterable<string>): void {
    this.#sink.hide(secrets);
  }

  /** Lines since the start, for ccr_log_lines_total. */
  lineCounts(): LineCounts {
    return { ...this.#sink.counts };
  }

  /** Tells the bursts that are over, and writes what is buffered at once. */
  flush(): void {
    this.#sink.drain(this.#sink.clock.monotonicMs(), (key, folded) => this.#tellBurst(key, folded));
    this.#sink.flush();
  }

  /** Writes what is left and closes the outputs. Nothing may be logged afterwards. */
  close(): void {
    this.#sink.drain(Number.POSITIVE_INFINITY, (key, folded) => this.#tellBurst(key, folded));
    this.#sink.flush();
    this.#sink.close();
  }

  #isWritten(level: "warn" | "error", fields: LogFields, message: string): boolean {
    if (this.#component === callComponent) return true;
    const key = `${level}\n${this.#component}\n${message}\n${errorKey(fields)}`;
    return this.#sink.admit(key, (burst, folded) => this.#root.#tellBurst(burst, folded));
  }

  #tellBurst(key: string, folded: number): void {
    const [level, component, message = ""] = key.split("\n");
    const fields = component === "" ? { folded } : { component, folded };
    if (level === "error") this.#root.#pino.error(fields, message);
    else this.#root.#pino.warn(fields, message);
  }
}

function createPino(level: LogLevel, sink: LogSink): pino.Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
  };
  // Asks pino to tell the level of each line beside the line itself, so that no line has to be parsed.
  Object.defineProperty(sink, pino.symbols.needsMetadataGsym, { value: true });
  return pino(options, sink);
}

function openFile({ file, maxFileBytes, clock = systemClock }: StructuredLoggerOptions): {
  file: RotatingLogFile | null;
  problem: unknown;
} {
  if (file === undefined) return { file: null, problem: null };
  try {
    const options = { path: file, maxBytes: maxFileBytes ?? 10_485_760, maxOldFiles: 5, clock };
    return { file: new RotatingLogFile(options), problem: null };
  } catch (problem) {
    return { file: null, problem };
  }
}

/** What tells two errors of one message apart: a code, else the error's own words. */
function errorKey(fields: LogFields): string {
  const error = fields["error"];
  if (error instanceof Error) return "code" in error ? String(error.code) : error.message;
  const code = fields["errorCode"] ?? fields["code"];
  return typeof code === "string" ? code : "";
}

/** Standard output: buffered JSON lines, or lines for people where it is a terminal. */
function createStandardOutput(): LogOutput {
  const output = new BufferedOutput(1);
  if (!process.stdout.isTTY) return output;
  const hasColors = process.stdout.hasColors();
  return {
    write: (line) => {
      output.write(formatForTerminal(line, hasColors));
      output.flush();
    },
    flush: () => output.flush(),
    close: () => output.close(),
  };
}
