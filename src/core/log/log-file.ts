/**
 * A log file of bounded size: full, it becomes `name.1`, what was `name.1` becomes `name.2`, the last is dropped.
 * Lines are buffered and written in the background; `close` and `flush` write what is left at once. Where somebody else moves
 * or removes the file (logrotate, `rm`), lines go to another one within a second.
 */
import { fstatSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../time/clock.ts";
import { makeFolder } from "../files/make-folder.ts";
import { BufferedOutput } from "./log-output.ts";

export interface LogFileOptions {
  readonly path: string;
  /** Size at which a new file is begun. */
  readonly maxBytes: number;
  /** Older files kept beside the current one. */
  readonly maxOldFiles: number;
  readonly clock: Clock;
}

/** Each call that fails has a line: not each looks where the file is. */
const lookEveryMs = 1_000;

export class RotatingLogFile {
  readonly #options: LogFileOptions;
  #output: BufferedOutput;
  /** Of the open file. */
  #inode: number;
  #bytes: number;
  #lookedMs: number;

  /** Opens the file, its folder too. Throws the system's error where that is not possible. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    makeFolder(dirname(options.path));
    ({ output: this.#output, inode: this.#inode, bytes: this.#bytes } = openForAppend(options.path));
    this.#lookedMs = options.clock.monotonicMs();
  }

  write(line: string): void {
    this.#follow();
    const bytes = Buffer.byteLength(line);
    if (this.#bytes > 0 && this.#bytes + bytes > this.#options.maxBytes) this.#rotate();
    this.#bytes += bytes;
    this.#output.write(line);
  }

  /** Writes what is buffered, at once. */
  flush(): void {
    this.#output.flush();
  }

  close(): void {
    this.#output.close();
  }

  #follow(): void {
    const { path, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#lookedMs < lookEveryMs) return;
    this.#lookedMs = nowMs;
    try {
      if (statSync(path, { throwIfNoEntry: false })?.ino === this.#inode) return;
      this.#begin();
    } catch {
      // The file at hand takes the lines until another can be opened. A folder that somebody removed is not made again.
    }
  }

  /** Throws the system's error; the file at hand stays then. */
  #begin(): void {
    const { output, inode, bytes } = openForAppend(this.#options.path);
    this.#output.close();
    [this.#output, this.#inode, this.#bytes] = [output, inode, bytes];
  }

  #rotate(): void {
    const { path, maxOldFiles } = this.#options;
    this.#bytes = 0;
    try {
      rmSync(`${path}.${maxOldFiles}`, { force: true });
      for (let index = maxOldFiles - 1; index >= 0; index--) {
        renameIfThere(index === 0 ? path : `${path}.${index}`, `${path}.${index + 1}`);
      }
      this.#begin();
    } catch {
      // The folder refuses: the file at hand goes on growing, for no line may be lost and no call harmed.
    }
  }
}

interface OpenFile {
  readonly output: BufferedOutput;
  readonly inode: number;
  readonly bytes: number;
}

function openForAppend(path: string): OpenFile {
  const file = openSync(path, "a", 0o640);
  const { ino, size } = fstatSync(file);
  return { output: new BufferedOutput(file), inode: ino, bytes: size };
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}
