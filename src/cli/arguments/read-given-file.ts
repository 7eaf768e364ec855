/** Reads a file that the command line names. */
import { readFile } from "node:fs/promises";
import { fileErrorReason, fileErrorRemedy } from "../../core/errors/system-error.ts";
import { CliError } from "../output/exit-codes.ts";

/** Its text. Rejects with CliError where it cannot be read; `remedy`: what to do then, where the command knows better than the reason tells. */
export async function readGivenFile(path: string, remedy: string | null = null): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CliError(`${path} cannot be read: ${fileErrorReason(error)}`, remedy ?? fileErrorRemedy(error));
  }
}
