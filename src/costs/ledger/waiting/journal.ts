/**
 * The journal: calls that are settled and not yet in the database, one line each (row-line.ts), on local disk.
 *
 * A line is handed to the operating system before the event loop turns again, so a killed process loses no call of an
 * earlier turn, however long the database takes. The next process on the same ledger brings left lines in; ids are
 * unique there, so a line that was written already does no harm. Nothing is synced: against loss of power the
 * database's own promise holds.
 *
 * While a router is so busy that some line always waits, a file whose lines are all written is written over from its
 * beginning: its pages are there already, new ones cost more than the write itself. Behind the new lines then stand old
 * ones, and the end of one that was cut through, which is no JSON (a list's end without its beginning).
 */
import { closeSync, existsSync, ftruncateSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeFolder } from "../../../core/files/make-folder.ts";
import { processIdentity } from "../../../core/process-identity.ts";

interface Segment {
  readonly path: string;
  readonly file: number;
  bytes: number;
  /** Lines added to the journal, from its first one to the last in this segment. */
  lastLine: number;
}

/** A new file is begun beyond this, so that a slow database's journal can be given back piece by piece. */
const segmentBytes = 2 * 1024 * 1024;

/** Journals that are open in this process, so that a second ledger on the same file leaves them alone. */
const openHere = new Set<string>();
let opened = 0;

/** The journal of the ledger at `ledgerPath`: its files stand beside it and are named after it. */
export class Journal {
  readonly #ledgerPath: string;
  readonly #owner: string;
  readonly #segments: Segment[] = [];
  /** The path of a file whose lines are all in the database, to be written over. */
  #spare: string | null = null;
  #addedLines = 0;
  #forgottenLines = 0;
  #segmentCount = 0;

  constructor(ledgerPath: string) {
    makeFolder(dirname(ledgerPath));
    this.#ledgerPath = ledgerPath;
    this.#owner = `${process.pid}-${startOf(process.pid)}-${++opened}`;
    openHere.add(this.#owner);
  }

  /** Adds `count` lines, each with its end. Throws Error where the disk does not take them; they count as added all the same. */
  append(lines: Uint8Array, count: number): void {
    this.#addedLines += count;
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.bytes > segmentBytes) segment = this.#begin();
    segment.lastLine = this.#addedLines;
    try {
      for (let done = 0; done < lines.length;)
        done += writeSync(segment.file, lines, done, lines.length - done, segment.bytes + done);
    } catch (error) {
      ftruncateSync(segment.file, segment.bytes); // half a line would spoil the next one
      throw error;
    }
    segment.bytes += lines.length;
  }

  /** The oldest `lines` of those added stand in the database: they need not be kept. */
  forget(lines: number): void {
    this.#forgottenLines += lines;
    for (let first = this.#segments[0]; first !== undefined; first = this.#segments[0]) {
      if (first.lastLine > this.#forgottenLines) return;
      if (this.#segments.length === 1) {
        if (first.bytes > 0) ftruncateSync(first.file, 0);
        first.bytes = 0;
        this.#removeSpare();
        return;
      }
      this.#segments.shift();
      closeSync(first.file);
      this.#removeSpare();
      this.#spare = first.path;
    }
  }

  /** Leaves what is not forgotten to the next process. */
  close(): void {
    this.#removeSpare();
    for (const segment of this.#segments.splice(0)) {
      closeSync(segment.file);
      if (segment.lastLine <= this.#forgottenLines) rmSync(segment.path, { force: true });
    }
    openHere.delete(this.#owner);
  }

  #begin(): Segment {
    const path = `${this.#ledgerPath}.settled-${this.#owner}-${++this.#segmentCount}.ndjson`;
    const segment = { path, file: this.#open(path), bytes: 0, lastLine: this.#addedLines };
    this.#segments.push(segment);
    return segment;
  }

  /** What another process left under this name stays. */
  #open(path: string): number {
    // Not "a": what is opened to append, Windows does not let be emptied.
    if (this.#spare === null || existsSync(path)) return openSync(path, "wx", 0o600);
    renameSync(this.#spare, path);
    this.#spare = null;
    return openSync(path, "r+");
  }

  #removeSpare(): void {
    if (this.#spare !== null) rmSync(this.#spare, { force: true });
    this.#spare = null;
  }
}

/** Journals of the ledger whose process has ended, in the order of their segments. */
export function leftJournals(ledgerPath: string): string[] {
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
  return pid === process.pid ? openHere.has(owner) : startOf(pid) === start;
}

/** "x" where the system does not tell; null where there is no such process. */
function startOf(pid: number): string | null {
  const identity = processIdentity(pid);
  return identity === "" ? "x" : identity;
}
