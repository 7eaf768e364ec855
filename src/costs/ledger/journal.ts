/**
 * The journal: calls that are settled and not yet in the database, one line each (row-line.ts), on local disk.
 *
 * A line is handed to the operating system before the event loop turns again, so a killed process loses no call of an
 * earlier turn, however long the database takes. The next process on the same ledger brings left lines in; ids are
 * unique there, so a line that was written already does no harm. Nothing is synced: against loss of power the
 * database's own promise holds.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeFolder } from "../../core/make-folder.ts";
import { parseJson } from "../../core/json.ts";
import type { Logger } from "../../core/logging.ts";
import { endOfLastLine, readLines } from "./spill-file.ts";

export interface Journal {
  /** Adds `count` lines, each with its end. Throws Error where the disk does not take them; they count as added all the same. */
  append(lines: Uint8Array, count: number): void;
  /** The oldest `lines` of those added stand in the database: they need not be kept. */
  forget(lines: number): void;
  /** Leaves what is not forgotten to the next process. */
  close(): void;
}

interface Segment {
  readonly path: string;
  readonly file: number;
  bytes: number;
  /** Lines added to the journal, from its first one to the last in this segment. */
  lastLine: number;
}

/** A new file is begun beyond this, so that a slow database's journal can be given back piece by piece. */
const segmentBytes = 8 * 1024 * 1024;

/** Journals that are open in this process, so that a second ledger on the same file leaves them alone. */
const openHere = new Set<string>();
let opened = 0;

/** Begins a journal for the ledger at `ledgerPath`: its files stand beside it and are named after it. */
export function openJournal(ledgerPath: string): Journal {
  return new FileJournal(ledgerPath);
}

class FileJournal implements Journal {
  readonly #ledgerPath: string;
  readonly #owner: string;
  readonly #segments: Segment[] = [];
  #addedLines = 0;
  #forgottenLines = 0;
  #segmentCount = 0;

  constructor(ledgerPath: string) {
    makeFolder(dirname(ledgerPath));
    this.#ledgerPath = ledgerPath;
    this.#owner = `${process.pid}-${startOf(process.pid)}-${++opened}`;
    openHere.add(this.#owner);
  }

  append(lines: Uint8Array, count: number): void {
    this.#addedLines += count;
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.bytes > segmentBytes) segment = this.#begin();
    segment.lastLine = this.#addedLines;
    try {
      for (let done = 0; done < lines.length;) done += writeSync(segment.file, lines, done);
    } catch (error) {
      ftruncateSync(segment.file, segment.bytes); // half a line would spoil the next one
      throw error;
    }
    segment.bytes += lines.length;
  }

  forget(lines: number): void {
    this.#forgottenLines += lines;
    for (let first = this.#segments[0]; first !== undefined; first = this.#segments[0]) {
      if (first.lastLine > this.#forgottenLines) return;
      if (this.#segments.length === 1) {
        if (first.bytes > 0) ftruncateSync(first.file, 0);
        first.bytes = 0;
        return;
      }
      closeSync(first.file);
      rmSync(first.path, { force: true });
      this.#segments.shift();
    }
  }

  close(): void {
    for (const segment of this.#segments.splice(0)) {
      closeSync(segment.file);
      if (segment.lastLine <= this.#forgottenLines) rmSync(segment.path, { force: true });
    }
    openHere.delete(this.#owner);
  }

  #begin(): Segment {
    const path = `${this.#ledgerPath}.settled-${this.#owner}-${++this.#segmentCount}.ndjson`;
    const segment = { path, file: openSync(path, "a", 0o600), bytes: 0, lastLine: this.#addedLines };
    this.#segments.push(segment);
    return segment;
  }
}

const batchLines = 200;
const retryMs = 5_000;

export interface Recovery {
  /** Tries what could not be brought in yet; false where the database refuses. Runs once by itself. */
  run(): Promise<boolean>;
  /** Waits for what runs, and tries no more. */
  close(): Promise<void>;
}

/** Brings in what processes that are gone have left, now and every few seconds until it is done. */
export function createRecovery(
  ledgerPath: string,
  write: (lines: readonly string[]) => Promise<void>,
  logger: Logger,
): Recovery {
  let running: Promise<boolean> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;
  const left = leftJournals(ledgerPath);

  async function bringIn(): Promise<boolean> {
    let lines = 0;
    try {
      for (let path = left[0]; path !== undefined; path = left[0]) {
        for (const batch of batchesOf(path)) {
          await write(batch);
          lines += batch.length;
        }
        rmSync(path, { force: true });
        left.shift();
      }
    } catch (error) {
      logger.warn({ error: String(error) }, "what an earlier process left in the ledger's journal waits");
      if (!isClosed) timer = setTimeout(() => void run(), retryMs).unref();
      return false;
    }
    if (lines > 0) logger.info({ lines }, "brought in what an earlier process left in the ledger's journal");
    return true;
  }

  function run(): Promise<boolean> {
    if (left.length === 0) return Promise.resolve(true);
    if (timer !== null) clearTimeout(timer);
    timer = null;
    running ??= bringIn().finally(() => (running = null));
    return running;
  }

  void run();
  return {
    run,
    async close() {
      isClosed = true;
      await running;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** Journals of the ledger whose process has ended, in the order of their segments. */
function leftJournals(ledgerPath: string): string[] {
  const folder = dirname(ledgerPath);
  const prefix = `${basename(ledgerPath)}.settled-`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ name, parts: /^((\d+)-(\w+)-\d+)-(\d+)\.ndjson$/.exec(name.slice(prefix.length)) }))
    .filter(({ parts }) => parts !== null && !isOpen(parts[1] ?? "", Number(parts[2]), parts[3] ?? ""))
    .sort((a, b) => Number(a.parts?.[4]) - Number(b.parts?.[4]))
    .map(({ name }) => join(folder, name));
}

/** Whether the process that keeps a journal still runs: a process id alone may belong to another one by now. */
function isOpen(owner: string, pid: number, start: string): boolean {
  if (pid === process.pid) return openHere.has(owner);
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM" && startOf(pid) === start;
  }
  return startOf(pid) === start;
}

/** When a process started, in ticks since the machine did; "x" where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "x";
  } catch {
    return "x";
  }
}

/** Whole lines that hold JSON: one that was cut off in the middle (a full disk, loss of power) is left out. */
function* batchesOf(path: string): Generator<readonly string[]> {
  const file = openSync(path, "r");
  try {
    let batch: string[] = [];
    for (const line of readLines(file, 0, endOfLastLine(file), Infinity)) {
      if (parseJson(line) === undefined) continue;
      batch.push(line);
      if (batch.length < batchLines) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    closeSync(file);
  }
}
