/** What several commands have in common on the command line. */
import type { CommandContext } from "./command-context.ts";

/** Runs a command, and keeps its exit code for the process. */
export type Runner = (command: (context: CommandContext) => number | Promise<number>) => Promise<void>;

export const configOption = [
  "-c, --config <file>",
  "configuration file (else CCR_CONFIG, ./ccr.yaml, the state folder's)",
] as const;

export const jsonOption = ["--json", "print JSON"] as const;
