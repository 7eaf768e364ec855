/** Structured logging: JSON lines by pino, one child logger per component. */
import { pino } from "pino";

export interface LogFields {
  readonly [field: string]: unknown;
}

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

/** A logger that writes JSON lines to standard output. */
export function createLogger(level: LogLevel): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
