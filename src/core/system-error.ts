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

/** `there is no such file or folder (ENOENT)`: the reason alone, where the file is named otherwise. */
export function fileErrorReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  const reason = reasons[code];
  return reason === undefined ? code : `${reason} (${code})`;
}
