/** Counts on the command line: `--limit 50`. */
import { CliError, exitCodes } from "../output/exit-codes.ts";

export interface CountRange {
  readonly least: number;
  readonly most: number;
}

/** A whole number of the range, in digits. Throws CliError that names the option, the range and what was given. */
export function readCount(option: string, text: string, { least, most }: CountRange): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= most) return count;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
  throw new CliError(`${option}: a whole number ${range}, not ${text}`, null, exitCodes.usage);
}
