/**
 * Rows on local disk while the database is away: one line each (row-line.ts), in order, so that a restart loses nothing.
 *
 * Lines are handed to the operating system at once: a killed process keeps them. A line that was cut off in the
 * middle (power loss) is dropped. Rows may be written to the database and still stand here when the process dies in
 * between: ids are unique there, so reading them again does no harm.
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "../../../core/files/make-folder.ts";

export interface SpillFile {
  /** Rows that stand in the file and are not taken yet. */
  readonly rows: number;
  /** Throws Error where the file is full (`maxBytes`) or cannot be written. */
  append(added: readonly string[]): void;
  /** The oldest rows, at most `limit`; the same ones until `drop`. */
  peek(limit: number): readonly string[];
  /** Forgets the rows that `peek` gave last. */
  drop(): void;
  close(): void;
}

/** Opens the file at `path`, with what an earlier process left in it. */
export function openSpillFile(path: string, maxBytes: number): SpillFile {
  makeFolder(dirname(path));
  const file = openSync(path, existsSync(path) ? "r+" : "w+", 0o600);
  let endBytes = endOfLastLine(file);
  ftruncateSync(file, endBytes);
  let startBytes = 0;
  let rows = countLines(file, endBytes);
  let peeked = { rows: 0, bytes: 0 };

  return {
    get rows() {
      return rows;
    },
    append(added) {
      const text = Buffer.from(added.map((line) => `${line}\n`).join(""));
      if (endBytes + text.length > maxBytes) throw new Error(`the spill file is full: ${path}`);
      try {
        for (let done = 0; done < text.length;)
          done += writeSync(file, text, done, text.length - done, endBytes + done);
      } catch (error) {
        ftruncateSync(file, endBytes);
        throw error;
      }
      endBytes += text.length;
      rows += added.length;
    },
    peek(limit) {
      const found = [...readLines(file, startBytes, endBytes, limit)];
      const bytes = found.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
      peeked = { rows: found.length, bytes };
      return found;
    },
    drop() {
      startBytes += peeked.bytes;
      rows -= peeked.rows;
      peeked = { rows: 0, bytes: 0 };
      if (startBytes < endBytes) return;
      ftruncateSync(file, 0);
      startBytes = 0;
      endBytes = 0;
      rows = 0;
    },
    close: () => closeSync(file),
  };
}

const chunkBytes = 64 * 1024;

/** Lines between two places in `file`, at most `limit`, without their ends. */
export function* readLines(file: number, fromBytes: number, toBytes: number, limit: number): Generator<string> {
  let rest = Buffer.alloc(0);
  let position = fromBytes;
  let found = 0;
  while (found < limit && position < toBytes) {
    const chunk = Buffer.alloc(Math.min(chunkBytes, toBytes - position));
    position += readSync(file, chunk, 0, chunk.length, position);
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0 && found < limit; end = rest.indexOf(10)) {
      yield rest.toString("utf8", 0, end);
      rest = rest.subarray(end + 1);
      found += 1;
    }
  }
}

function countLines(file: number, endBytes: number): number {
  let lines = 0;
  const chunk = Buffer.alloc(chunkBytes);
  for (let position = 0; position < endBytes;) {
    const read = readSync(file, chunk, 0, Math.min(chunkBytes, endBytes - position), position);
    for (let index = 0; index < read; index++) if (chunk[index] === 10) lines += 1;
    position += read;
  }
  return lines;
}

/** Where the last whole line of `file` ends: what follows was cut off. */
export function endOfLastLine(file: number): number {
  const byte = Buffer.alloc(1);
  for (let position = fstatSync(file).size; position > 0; position--) {
    readSync(file, byte, 0, 1, position - 1);
    if (byte[0] === 10) return position;
  }
  return 0;
}
