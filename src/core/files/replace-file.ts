/** Puts a text into a file's place whole: a reader finds the old one or the new one, and nothing is left of one that failed. */
import { rename, rm, writeFile } from "node:fs/promises";

/**
 * Only its owner may read it. `prepare` gets the new file before it takes its place. Rejects with the system's error, which
 * names the file also where a full disk refused the bytes and not the name.
 */
export async function replaceFile(
  path: string,
  text: string,
  prepare: (file: string) => void = () => undefined,
): Promise<void> {
  const fresh = `${path}.${process.pid}.new`;
  try {
    await writeFile(fresh, text, { mode: 0o600 });
    prepare(fresh);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error instanceof Error && !("path" in error) ? Object.assign(error, { path }) : error;
  }
}
