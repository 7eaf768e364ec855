/**
 * Whose a file is that root writes for a router that runs as another user: whoever owns the file that stood there,
 * else its folder. As root's own the router could not read it.
 */
import { lchownSync, lstatSync } from "node:fs";
import { dirname } from "node:path";

/** Gives `file` to the owner of `place`, where it is about to stand. Nothing without root's rights. */
export function giveToOwnerOfPlace(file: string, place: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = lstatSync(place, { throwIfNoEntry: false }) ?? lstatSync(dirname(place));
  lchownSync(file, uid, gid); // never through a link that the folder's owner put there
}
