/**
 * A thread beside the ledger's: it runs the queries and moves the write-ahead log into the database file, so that
 * neither a long report nor a slow disk ever holds up a call.
 */
import { Worker } from "node:worker_threads";
import type { Logger } from "../../core/logging.ts";
import type { SqlRow, SqlValue } from "./ledger.ts";
import type { WorkerAnswer, WorkerTask } from "./sqlite-worker-thread.ts";

export interface SqliteWorker {
  /** Integers come as bigint. */
  query(sql: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** There is something to move into the file: done within `checkpointMs`. */
  noteWritten(): void;
  close(): Promise<void>;
}

const checkpointMs = 5_000;

interface Waiting {
  readonly resolve: (rows: readonly SqlRow[]) => void;
  readonly reject: (error: Error) => void;
}

/** Starts nothing until it is needed; a thread that died is started again with the next task. */
export function startSqliteWorker(path: string, logger: Logger): SqliteWorker {
  return new ThreadWorker(path, logger);
}

class ThreadWorker implements SqliteWorker {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | null = null;
  #timer: NodeJS.Timeout | null = null;
  #nextId = 1;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  query(sql: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    return this.#send({ kind: "query", id: this.#nextId++, sql, parameters });
  }

  noteWritten(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#checkpoint();
    }, checkpointMs).unref();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#thread?.terminate();
  }

  #start(): Worker {
    // Run from its source this file ends in .ts, from the package in .js: so does the thread's.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const url = new URL(`./sqlite-worker-thread.${extension}`, import.meta.url);
    const thread = new Worker(url, { workerData: { path: this.#path } });
    thread.on("message", (answer: WorkerAnswer) => this.#settle(thread, answer));
    thread.on("error", (error) => this.#failAll(thread, error as Error));
    thread.on("exit", () => this.#failAll(thread, new Error("the ledger's reading thread ended")));
    thread.unref();
    return thread;
  }

  #send(task: WorkerTask): Promise<readonly SqlRow[]> {
    this.#thread ??= this.#start();
    const thread = this.#thread;
    return new Promise((resolve, reject) => {
      this.#waiting.set(task.id, { resolve, reject });
      thread.ref(); // the process stays until the answer is there
      thread.postMessage(task);
    });
  }

  #settle(from: Worker, answer: WorkerAnswer): void {
    const task = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) from.unref();
    if (answer.kind === "rows") task?.resolve(answer.rows);
    else task?.reject(new Error(answer.message));
  }

  #failAll(from: Worker, error: Error): void {
    if (this.#thread !== from) return;
    this.#thread = null;
    for (const task of this.#waiting.values()) task.reject(error);
    this.#waiting.clear();
  }

  async #checkpoint(): Promise<void> {
    try {
      await this.#send({ kind: "checkpoint", id: this.#nextId++ });
    } catch (error) {
      this.#logger.warn({ error: String(error) }, "the ledger's write-ahead log could not be moved into its file");
    }
  }
}
