/**
 * How a program of the PATH is started on Windows, where npm installs batch files. Not by `shell: true`: that joins arguments
 * as they are, and looks into the working folder first, which may be somebody else's.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface WindowsCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Whether the arguments are quoted already. */
  readonly windowsVerbatimArguments: boolean;
}

const endings = [".exe", ".cmd", ".bat"];

/** The program's file; null where no folder of the PATH holds one. */
export function findOnWindowsPath(name: string, path: string): string | null {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const files = folders.flatMap((folder) => endings.map((ending) => join(folder, name + ending)));
  return files.find((file) => existsSync(file)) ?? null;
}

/** Runs `file` with these arguments, whatever they hold. A line break ends the command line of a batch file. */
export function toWindowsCommand(file: string, args: readonly string[], comSpec = "cmd.exe"): WindowsCommand {
  if (file.endsWith(".exe")) return { file, args, windowsVerbatimArguments: false };
  // Read by cmd.exe, and by the batch file once more where it hands its arguments on (`%*`).
  const line = [escape(quote(file)), ...args.map((argument) => escape(escape(quote(argument))))].join(" ");
  return { file: comSpec, args: ["/d", "/s", "/c", `"${line}"`], windowsVerbatimArguments: true };
}

/** As programs take their command line apart: a quote is `\"`, and backslashes before a quote are doubled. */
function quote(argument: string): string {
  return `"${argument.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}

function escape(text: string): string {
  return text.replaceAll(/[()\][%!^"`<>&|;, *?]/g, "^$&");
}
