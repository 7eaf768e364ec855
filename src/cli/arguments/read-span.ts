/** Spans of time on the command line: `30s`, `5m`, `2h`. */
import { CliError, exitCodes } from "../output/exit-codes.ts";

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longest time to look at something that runs. */
const longestWatch = "1d";
/** Longest stretch of the past. */
const longestStretch = "366d";

/** The time to watch or to wait for something, in milliseconds. Throws CliError that names the option. */
export function readWatch(option: string, text: string): number {
  return readSpan(option, text, longestWatch);
}

/** A stretch of the past, in milliseconds. Throws CliError that names the option. */
export function readStretch(option: string, text: string): number {
  return readSpan(option, text, longestStretch);
}

function readSpan(option: string, text: string, longest: string): number {
  const ms = spanMs(text);
  if (!(ms > 0)) throw new CliError(`${option}: a span such as 30s, 5m or 2h, not ${text}`, null, exitCodes.usage);
  if (ms > spanMs(longest)) throw new CliError(`${option}: at most ${longest}, not ${text}`, null, exitCodes.usage);
  return ms;
}

/** NaN for what is no span. */
function spanMs(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return Number(count) * (unitsMs[unit ?? ""] ?? Number.NaN);
}
