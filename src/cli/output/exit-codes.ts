/** Exit codes of every command, and the error that carries one. */

export const exitCodes = {
  /** Done. */
  ok: 0,
  /** It did not work; the message says why and what to do. */
  failed: 1,
  /** The command line makes no sense; `--help` says how it goes. */
  usage: 2,
} as const;

/** An error for people: one sentence that says what is wrong, one that says what to do. */
export class CliError extends Error {
  readonly remedy: string | null;
  readonly exitCode: number;

  constructor(message: string, remedy: string | null = null, exitCode: number = exitCodes.failed) {
    super(message);
    this.name = "CliError";
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}
