/** Makes the state folder, or a folder in it; where that cannot be, says how to name another one. */
import { makeFolder } from "../../core/files/make-folder.ts";
import { fileErrorText } from "../../core/errors/system-error.ts";
import { CliError } from "../output/exit-codes.ts";

/** Only this user may look into it. Throws CliError. */
export function makeStateFolder(path: string): void {
  try {
    makeFolder(path, 0o700);
  } catch (error) {
    throw new CliError(
      `the state folder cannot be made: ${fileErrorText(error) ?? path}`,
      "set CCR_HOME to a folder that this user may write to",
    );
  }
}
