/** A thread with a connection to the ledger's file: asked from here, answering from sqlite-thread-main.ts. */
import type { Worker } from "node:worker_threads";
import { ownProgram } from "../../../core/files/own-files.ts";
import type { SqlRow, SqlValue } from "../ledger.ts";
import type { SqliteAnswers, SqliteRequest } from "./sqlite-connection.ts";
import { toRows } from "./sqlite-query.ts";

export interface ThreadTask {
  readonly id: number;
  readonly request: SqliteRequest;
}

export type ThreadAnswer =
  | { readonly kind: "done"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A thread for the file at `path`: started with the first request, and again with the next one should it die. It answers
 * one request after the other. When nothing was asked for `idleMs` it ends, and gives its memory back.
 */
export class SqliteThread {
  readonly #path: string;
  readonly #idleMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | null = null;
  #nextId = 1;

  constructor(path: string, idleMs: number) {
    this.#path = path;
    this.#idleMs = idleMs;
  }

  /** Whether a request finds the thread there. */
  get isStarted(): boolean {
    return this.#worker !== null;
  }

  /** Rejects with Error where SQLite refuses, or the thread ends. The process stays until the answer is there. */
  async ask<R extends SqliteRequest>(request: R): Promise<SqliteAnswers[R["kind"]]> {
    this.#stopIdle();
    this.#worker ??= this.#startWorker();
    const worker = this.#worker;
    const task: ThreadTask = { id: this.#nextId++, request };
    const value = await new Promise((resolve, reject) => {
      this.#waiting.set(task.id, { resolve, reject });
      worker.ref();
      worker.postMessage(task);
    });
    return value as SqliteAnswers[R["kind"]];
  }

  /** The rows of a query. Rejects as `ask` does. */
  async query(sql: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    return toRows(await this.ask({ kind: "query", sql, parameters }));
  }

  /** Closes the connection and ends the thread. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#stopIdle();
    if (worker === null) return;
    await this.ask({ kind: "close" });
    await worker.terminate();
  }

  #startWorker(): Worker {
    // Fetched with the first thread, which an idle router does without.
    const worker = new (process.getBuiltinModule("node:worker_threads").Worker)(
      ownProgram("costs/ledger/sqlite/sqlite-thread-main"),
      {
        workerData: { path: this.#path },
        execArgv: ["--disable-warning=ExperimentalWarning"], // Node 22 calls node:sqlite that
      },
    );
    worker.on("message", (answer: ThreadAnswer) => this.#settle(worker, answer));
    worker.on("error", (error) => this.#failAll(worker, error as Error));
    worker.on("exit", () => this.#failAll(worker, new Error("the ledger's thread ended")));
    worker.unref();
    return worker;
  }

  #settle(from: Worker, answer: ThreadAnswer): void {
    const task = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#rest(from);
    if (answer.kind === "done") task?.resolve(answer.value);
    else task?.reject(new Error(answer.message));
  }

  /** Nothing is asked for the moment. */
  #rest(worker: Worker): void {
    worker.unref();
    if (worker !== this.#worker) return;
    this.#stopIdle();
    this.#idle = setTimeout(() => {
      this.#worker = null;
      worker.postMessage({ id: 0, request: { kind: "close" } } satisfies ThreadTask);
    }, this.#idleMs).unref();
  }

  #stopIdle(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
  }

  #failAll(from: Worker, error: Error): void {
    if (this.#worker !== from) return;
    this.#worker = null;
    for (const task of this.#waiting.values()) task.reject(error);
    this.#waiting.clear();
  }
}
