/**
 * A log file of bounded size: full, it becomes `name.1`, what was `name.1` becomes `name.2`, the last is dropped.
 * Lines are buffered and written in the background; `close` and `flush` write what is left at once.
 */
import { openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./make-folder.ts";
import { BufferedOutput } from "./log-output.ts";

export interface LogFileOptions {
  readonly path: string;
  /** Size at which a new file is begun. */
  readonly maxBytes: number;
  /** Older files kept beside the current one. */
  readonly maxOldFiles: number;
}

export class RotatingLogFile {
  readonly #options: LogFileOptions;
  #output: BufferedOutput;
  #bytes: number;

  /** Opens the file, its folder too. Throws the system's error where that is not possible. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    makeFolder(dirname(options.path));
    this.#bytes = statSync(options.path, { throwIfNoEntry: false })?.size ?? 0;
    this.#output = openForAppend(options.path);
  }

  write(line: string): void {
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

  #rotate(): void {
    const { path, maxOldFiles } = this.#options;
    const full = this.#output;
    this.#bytes = 0;
    try {
      rmSync(`${path}.${maxOldFiles}`, { force: true });
      for (let index = maxOldFiles - 1; index >= 0; index--) {
        renameIfThere(index === 0 ? path : `${path}.${index}`, `${path}.${index + 1}`);
      }
      this.#output = openForAppend(path);
    } catch {
      // The folder refuses: the file at hand goes on growing, for no line may be lost and no call harmed.
      return;
    }
    full.close();
  }
}

function openForAppend(path: string): BufferedOutput {
  return new BufferedOutput(openSync(path, "a", 0o640));
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}
