/** What several commands have in common on the command line. */
import { InvalidArgumentError } from "commander";
import type { CommandContext } from "./command-context.ts";

/** Runs a command, and keeps its exit code for the process; `failedCode`, else 1, where it could not do its work. */
export type Runner = (
  command: (context: CommandContext) => number | Promise<number>,
  failedCode?: number,
) => Promise<void>;

export const configOption = [
  "-c, --config <file>",
  "configuration file (else CCR_CONFIG, ./ccr.yaml, the state folder's)",
] as const;

/** For commands that look at a configuration before or without a router. */
export const checkedConfigOption = [
  "-c, --config <file>",
  "configuration file (else CCR_CONFIG, ./ccr.yaml, the state folder's, the running router's)",
] as const;

/** For commands about the router that runs. */
export const runningConfigOption = [
  "-c, --config <file>",
  "configuration file (else the running router's, CCR_CONFIG, ./ccr.yaml, the state folder's)",
] as const;

/** Port to listen on, checked; its value stays text. */
export const portOption: readonly [string, string, (text: string) => string] = [
  "-p, --port <port>",
  "port to listen on (0: any free one)",
  readPort,
];

function readPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError("It is a number from 0 to 65535.");
}

export const urlOption = ["--url <url>", "the router to look at (else CCR_URL, the one that runs here)"] as const;

export const jsonOption = ["--json", "print JSON"] as const;

/** What a command is given by one of the options for a configuration, and by `--json`. */
export interface ConfigArguments {
  readonly config?: string;
  readonly json?: boolean;
}

/** What a command that asks a running router is given by `--url` and `--json`. */
export interface UrlArguments {
  readonly url?: string;
  readonly json?: boolean;
}
