/**
 * Buffered output to a file descriptor: lines are gathered and written in the background, some dozens at a time, at
 * the latest after a quarter of a second. Bounded: a reader who stopped costs lines, counted, never memory or calls.
 */
import { closeSync, write, writeSync } from "node:fs";

/** Where finished lines go. */
export interface LogOutput {
  write(line: string): void;
  /** Writes what is buffered at once. */
  flush(): void;
  close(): void;
}

const enoughCharacters = 65_536;
const longestWaitMs = 250;
const maxCharacters = 16_777_216;
/** A pipe that is full for the moment (EAGAIN) is tried again after this long. */
const retryMs = 20;
const maxSyncRetries = 50;

export class BufferedOutput implements LogOutput {
  readonly #fd: number;
  #buffered = "";
  #writing: Buffer | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isBroken = false;
  #isClosing = false;
  #dropped = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Lines that found no reader. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    if (this.#isBroken || this.#buffered.length > maxCharacters) {
      this.#dropped++;
      return;
    }
    this.#buffered += line;
    if (this.#writing !== null) return;
    if (this.#buffered.length >= enoughCharacters) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), longestWaitMs).unref();
  }

  flush(): void {
    this.#stopTimer();
    const text = this.#buffered;
    this.#buffered = "";
    if (text === "" || this.#isBroken) return;
    writeAll(this.#fd, Buffer.from(text));
  }

  close(): void {
    this.flush();
    this.#isBroken = true;
    this.#isClosing = true;
    if (this.#writing === null) this.#closeFile();
  }

  #start(): void {
    this.#stopTimer();
    if (this.#writing !== null || this.#buffered === "") return;
    this.#writing = Buffer.from(this.#buffered);
    this.#buffered = "";
    this.#continue(this.#writing);
  }

  #continue(chunk: Buffer): void {
    write(this.#fd, chunk, (error, written) => {
      if (error?.code === "EAGAIN") {
        setTimeout(() => this.#continue(chunk), retryMs).unref();
        return;
      }
      if (error !== null) {
        // The reader is gone (EPIPE) or the disk is full: nobody is left to tell, and the router goes on.
        this.#isBroken = error.code !== "ENOSPC";
        this.#dropped++;
      } else if (written < chunk.length) {
        this.#continue(chunk.subarray(written));
        return;
      }
      this.#writing = null;
      if (this.#isClosing) this.#closeFile();
      else if (this.#buffered.length >= enoughCharacters) this.#start();
      else if (this.#buffered !== "") this.#timer ??= setTimeout(() => this.#start(), longestWaitMs).unref();
    });
  }

  #closeFile(): void {
    // The standard streams belong to the process.
    if (this.#fd > 2) closeSync(this.#fd);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Writes at once, waiting a little for a full pipe; gives up quietly where nobody reads. */
function writeAll(fd: number, bytes: Buffer): void {
  let rest = bytes;
  for (let retries = 0; rest.length > 0 && retries < maxSyncRetries;) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      retries++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    }
  }
}
