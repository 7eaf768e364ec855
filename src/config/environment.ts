/** The `.env` file of a folder: variables for those who do not keep them in their shell. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/** `environment` with what `.env` in `folder` adds; what the environment holds already stays as it is. */
export function withDotEnv(folder: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  let text: string;
  try {
    text = readFileSync(join(folder, ".env"), "utf8");
  } catch {
    return environment;
  }
  // Editors of Windows put a mark before the text, which would be a part of the first name.
  return { ...parseEnv(text.replace(/^\uFEFF/, "")), ...environment };
}
