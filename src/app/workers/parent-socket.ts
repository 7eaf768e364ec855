/**
 * The place of the socket at which a parent answers its workers: a folder that only its user can enter; on Windows a named
 * pipe, to which only its user can write.
 *
 * A killed parent leaves its folder behind; the next one of this user removes it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandomHex } from "../../core/ids.ts";

const socketName = "parent.sock";
const prefix = "ccr-";
/** The address of a socket holds no more on macOS and the BSDs, nor four more on Linux. */
const longestPathBytes = 103;

/** Makes the folder, where there is one; the socket comes to be when somebody listens at `path`. */
export function makeParentSocket(): { readonly path: string; readonly remove: () => void } {
  if (process.platform === "win32")
    return { path: `\\\\.\\pipe\\${prefix}${createRandomHex()}`, remove: () => undefined };
  const folder = mkdtempSync(join(temporaryFolder(), prefix));
  return { path: join(folder, socketName), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The system's, where a socket in it has a short enough path. */
function temporaryFolder(): string {
  const folder = tmpdir();
  return Buffer.byteLength(join(folder, `${prefix}XXXXXX`, socketName)) <= longestPathBytes ? folder : "/tmp";
}

/** Removes folders whose sockets nobody listens at. Never rejects: what cannot be read or removed stays. */
export async function removeDeadSockets(): Promise<void> {
  const place = temporaryFolder();
  const entries = await readdir(place).catch(() => []);
  const folders = entries.filter((name) => name.startsWith(prefix)).map((name) => join(place, name));
  await Promise.allSettled(
    folders.map(async (folder) => {
      if ((await isOwn(folder)) && (await isDead(join(folder, socketName)))) await rm(folder, { recursive: true });
    }),
  );
}

/**
 * Whether `makeParentSocket` of this user can have made it: in a folder of temporary files others may put folders and links
 * under such names, and change them while what is in them is removed.
 */
async function isOwn(folder: string): Promise<boolean> {
  const found = await lstat(folder);
  return found.isDirectory() && found.uid === process.getuid?.();
}

/** Whether there is a socket that refuses: its process is gone. One whose process is busy does not refuse. */
function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
  });
}
