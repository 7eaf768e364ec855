/** Where a logger's finished lines meet: secrets removed, bursts folded, then the output and the log file. */
import type { Clock } from "../time/clock.ts";
import { BurstFolder } from "./log-bursts.ts";
import type { RotatingLogFile } from "./log-file.ts";
import type { LogOutput } from "./log-output.ts";
import { LineRedactor } from "./log-redaction.ts";
import { PlainLines } from "./plain-line.ts";

const warnLevel = 40;
const drainEveryMs = 2_000;

/** What a root logger and its children share. */
export class LogSink {
  readonly counts = { debug: 0, info: 0, warn: 0, error: 0 };
  readonly #redactor = new LineRedactor();
  readonly plainLines: PlainLines = new PlainLines(this.#redactor);
  readonly clock: Clock;
  /** pino's number of the line's level, set by pino before each `write`. */
  lastLevel = 0;
  readonly #folder = new BurstFolder();
  readonly #output: LogOutput;
  readonly #file: RotatingLogFile | null;
  #timer: NodeJS.Timeout | null = null;

  constructor(output: LogOutput, file: RotatingLogFile | null, clock: Clock) {
    this.#output = output;
    this.#file = file;
    this.clock = clock;
  }

  write(line: string): void {
    this.writeRedacted(this.#redactor.redact(line));
  }

  /** A line of `plainLines`. */
  writeRedacted(line: string): void {
    this.#output.write(line);
    if (this.lastLevel >= warnLevel) this.#file?.write(line);
  }

  /** Hides these values in all lines from now on. */
  hide(secrets: Iterable<string>): void {
    this.#redactor.hide(secrets);
    this.plainLines.forget();
  }

  /** Whether to write a warning or error; one that is folded is counted and told later by `onBurst`. */
  admit(key: string, onBurst: (key: string, folded: number) => void): boolean {
    const isAdmitted = this.#folder.admit(key, this.clock.monotonicMs());
    if (!isAdmitted)
      this.#timer ??= setInterval(() => this.drain(this.clock.monotonicMs(), onBurst), drainEveryMs).unref();
    return isAdmitted;
  }

  /** Tells the bursts whose window ended before `nowMs` (monotonic). */
  drain(nowMs: number, onBurst: (key: string, folded: number) => void): void {
    for (const { key, folded } of this.#folder.drain(nowMs)) onBurst(key, folded);
    if (this.#folder.isOpen || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  flush(): void {
    this.#output.flush();
    this.#file?.flush();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#output.close();
    this.#file?.close();
  }
}
