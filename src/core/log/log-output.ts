/**
 * Buffered output to a file descriptor: lines are gathered and written in the background, some dozens at a time, at
 * the latest after a quarter of a second. Bounded: a reader who stopped costs lines, counted, never memory or calls.
 *
 * Each line is encoded as it comes, while its parts are in the processor's cache: gathered as text, a block of lines would
 * be a tree of thousands of strings by the time it is written.
 */
import { closeSync, write, writeSync } from "node:fs";

/** Where finished lines go. */
export interface LogOutput {
  write(line: string): void;
  /** Writes what is buffered at once. */
  flush(): void;
  close(): void;
}

const blockBytes = 65_536;
const longestWaitMs = 250;
const maxWaitingBytes = 16_777_216;
/** The most that UTF-8 takes for one unit of a string. */
const bytesOfUnit = 3;
/** A pipe that is full for the moment (EAGAIN) is tried again after this long. */
const retryMs = 20;
const maxSyncRetries = 50;

const noBytes = Buffer.alloc(0);

export class BufferedOutput implements LogOutput {
  readonly #fd: number;
  /** Takes the next lines, from `#filledBytes` on. */
  #filling: Buffer = noBytes;
  #filledBytes = 0;
  /** Blocks that wait, the oldest first. */
  #full: Buffer[] = [];
  #fullBytes = 0;
  /** One that was written, for the next lines. */
  #spare: Buffer | null = null;
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
    if (this.#isBroken || this.#fullBytes > maxWaitingBytes) {
      this.#dropped++;
      return;
    }
    const mostBytes = line.length * bytesOfUnit;
    if (this.#filledBytes + mostBytes > this.#filling.length) this.#beginBlock(mostBytes);
    this.#filledBytes += this.#filling.write(line, this.#filledBytes);
    if (this.#writing === null) this.#startWhenDue();
  }

  flush(): void {
    this.#stopTimer();
    const blocks = [...this.#full, this.#filling.subarray(0, this.#filledBytes)];
    this.#full = [];
    this.#fullBytes = 0;
    this.#filledBytes = 0;
    if (this.#isBroken) return;
    for (const block of blocks) writeAll(this.#fd, block);
  }

  close(): void {
    this.flush();
    this.#isBroken = true;
    this.#isClosing = true;
    if (this.#writing === null) this.#closeFile();
  }

  /** What is filled waits from now on; the next block has room for `bytes`. */
  #beginBlock(bytes: number): void {
    if (this.#filledBytes > 0) {
      this.#full.push(this.#filling.subarray(0, this.#filledBytes));
      this.#fullBytes += this.#filledBytes;
    }
    const spare = bytes <= blockBytes ? this.#spare : null;
    this.#filling = spare ?? Buffer.allocUnsafeSlow(Math.max(blockBytes, bytes));
    if (spare !== null) this.#spare = null;
    this.#filledBytes = 0;
  }

  #startWhenDue(): void {
    if (this.#full.length > 0) this.#start();
    else if (this.#filledBytes > 0) this.#timer ??= setTimeout(() => this.#start(), longestWaitMs).unref();
  }

  #start(): void {
    this.#stopTimer();
    if (this.#full.length === 0) this.#beginBlock(0);
    const block = this.#full.shift();
    if (block === undefined) return;
    this.#fullBytes -= block.length;
    this.#writing = block;
    this.#continue(block);
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
      const memory = this.#writing?.buffer;
      if (memory?.byteLength === blockBytes) this.#spare = Buffer.from(memory);
      this.#writing = null;
      if (this.#isClosing) this.#closeFile();
      else this.#startWhenDue();
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
