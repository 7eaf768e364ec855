/** What the operating system refused, in words: the file, and why. For messages that people read. */

/** Codes of Node's system errors (libuv), as far as files bring them. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user may not",
  EPERM: "this user may not",
  EEXIST: "something of this name is there already",
  EISDIR: "it is a folder, not a file",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is a file, not a folder",
  EROFS: "the disk can only be read",
};

/** `/nope/x: there is no such file or folder (ENOENT)`; null for what is no error of a file. */
export function fileErrorText(error: unknown): string | null {
  const path = error instanceof Error && "path" in error ? error.path : null;
  return typeof path === "string" ? `${path}: ${fileErrorReason(error)}` : null;
}

const elsewhere = "name another place: `--output` for what a command writes, CCR_HOME for the state folder";
const asAnother = `run it as a user who may (\`ls -ld\` shows whose it is), or ${elsewhere}`;
const remedies: Readonly<Record<string, string>> = {
  EACCES: asAnother,
  EEXIST: elsewhere,
  ENOENT: "look at the path; `mkdir -p` makes a folder that is missing",
  ENOTDIR: `look at the path, or ${elsewhere}`,
  EISDIR: "name a file in it",
  EPERM: asAnother,
  ENOSPC: `make room, or ${elsewhere}`,
  EROFS: elsewhere,
};

/** What to do about an error of a file, where any command would say the same; else null. */
export function fileErrorRemedy(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  // Node says no path where a folder is read as a file.
  const isOfFile = "path" in error || error.code === "EISDIR";
  return isOfFile ? (remedies[String(error.code)] ?? null) : null;
}

/** `there is no such file or folder (ENOENT)`: the reason alone, where the file is named otherwise. */
export function fileErrorReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  const reason = reasons[code];
  return reason === undefined ? code : `${reason} (${code})`;
}
