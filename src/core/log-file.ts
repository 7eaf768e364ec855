/**
 * A log file of bounded size: full, it becomes `name.1`, what was `name.1` becomes `name.2`, the last is dropped.
 * Lines are buffered and written in the background; `close` and `flush` write what is left at once.
 */
import { mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pino } from "pino";

type Destination = ReturnType<typeof pino.destination>;

export interface LogFileOptions {
  readonly path: string;
  /** Size at which a new file is begun. */
  readonly maxBytes: number;
  /** Older files kept beside the current one. */
  readonly maxOldFiles: number;
}

export class RotatingLogFile {
  readonly #options: LogFileOptions;
  #destination: Destination;
  #bytes: number;

  /** Opens the file, its folder too. Throws the system's error where that is not possible. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    mkdirSync(dirname(options.path), { recursive: true });
    this.#bytes = statSync(options.path, { throwIfNoEntry: false })?.size ?? 0;
    this.#destination = openForAppend(options.path);
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#bytes > 0 && this.#bytes + bytes > this.#options.maxBytes) this.#rotate();
    this.#bytes += bytes;
    this.#destination.write(line);
  }

  /** Writes what is buffered, at once. */
  flush(): void {
    flushQuietly(this.#destination);
  }

  close(): void {
    this.flush();
    this.#destination.destroy();
  }

  #rotate(): void {
    const { path, maxOldFiles } = this.#options;
    const full = this.#destination;
    this.#bytes = 0;
    try {
      rmSync(`${path}.${maxOldFiles}`, { force: true });
      for (let index = maxOldFiles - 1; index >= 0; index--) {
        renameIfThere(index === 0 ? path : `${path}.${index}`, `${path}.${index + 1}`);
      }
      this.#destination = openForAppend(path);
    } catch {
      // The folder refuses: the file at hand goes on growing, for no line may be lost and no call harmed.
      return;
    }
    flushQuietly(full);
    full.destroy();
  }
}

function openForAppend(path: string): Destination {
  return createBufferedOutput(openSync(path, "a", 0o640));
}

/** A buffered output to a file descriptor; bounded, so that a reader who stopped cannot eat the memory. */
export function createBufferedOutput(fd: number): Destination {
  const destination = pino.destination({ fd, sync: false, minLength: 4096, periodicFlush: 250, maxLength: 16_777_216 });
  // A reader that went away (EPIPE) must not end the router; its lines have nowhere else to go.
  destination.on("error", () => undefined);
  return destination;
}

/** Writes what is buffered at once; an output that was closed already has nothing left. */
export function flushQuietly(destination: Destination): void {
  try {
    destination.flushSync();
  } catch {
    // Closed, or its reader is gone: nobody is left to tell.
  }
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}
