/** Looks at the router's own error log: what did it complain of in the last quarter of an hour? */
import { open } from "node:fs/promises";
import { parseJson, toJsonObject, toText, toTextOrNull } from "../core/json/json.ts";

/** A line of level warn or error. */
export interface LogLine {
  readonly time: string;
  readonly level: "warn" | "error";
  /** Its sentence, with the code of the error where it has one. */
  readonly message: string;
}

export interface LogFigures {
  readonly path: string;
  /** Lines of level warn and error of the last quarter of an hour. */
  readonly warnings: number;
  readonly errors: number;
  /** Message of the newest error; null without one. */
  readonly lastError: string | null;
  /** The last ten of them, oldest first. */
  readonly newest: readonly LogLine[];
}

const logSpanMs = 15 * 60_000;
const tailBytes = 1024 * 1024;
const newestLines = 10;

/** Reads the end of a log of JSON lines by its fields `level` and `time`; null where there is no such file that may be read. */
export async function probeLog(path: string, nowMs: number): Promise<LogFigures | null> {
  const file = await open(path, "r").catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return { path, ...countLines(buffer.toString("utf8", 0, bytesRead), nowMs) };
  } finally {
    await file.close();
  }
}

/** The counts of a log's text. Pure. */
export function countLines(text: string, nowMs: number): Omit<LogFigures, "path"> {
  let [warnings, errors] = [0, 0];
  let lastError: string | null = null;
  const lines: LogLine[] = [];
  for (const line of text.split("\n")) {
    const { level, time, msg, errorCode } = toJsonObject(parseJson(line));
    const atMs = typeof time === "string" ? Date.parse(time) : Number(time);
    if (!(atMs >= nowMs - logSpanMs)) continue;
    if (level !== "warn" && level !== "error") continue;
    const code = typeof errorCode === "string" ? ` (${errorCode})` : "";
    lines.push({ time: new Date(atMs).toISOString(), level, message: `${toText(msg)}${code}` });
    if (level === "warn") warnings++;
    if (level !== "error") continue;
    errors++;
    lastError = toTextOrNull(msg);
  }
  return { warnings, errors, lastError, newest: lines.slice(-newestLines) };
}
