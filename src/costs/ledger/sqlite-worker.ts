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
  const waiting = new Map<number, Waiting>();
  let thread: Worker | null = null;
  let nextId = 1;
  let timer: NodeJS.Timeout | null = null;

  function start(): Worker {
    // Run from its source this file ends in .ts, from the package in .js: so does the thread's.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const started = new Worker(new URL(`./sqlite-worker-thread.${extension}`, import.meta.url), {
      workerData: { path },
    });
    started.on("message", (answer: WorkerAnswer) => settle(started, answer));
    started.on("error", (error) => failAll(started, error as Error));
    started.on("exit", () => failAll(started, new Error("the ledger's reading thread ended")));
    started.unref();
    return started;
  }

  function settle(from: Worker, answer: WorkerAnswer): void {
    const task = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) from.unref();
    if (answer.kind === "rows") task?.resolve(answer.rows);
    else task?.reject(new Error(answer.message));
  }

  function failAll(from: Worker, error: Error): void {
    if (thread !== from) return;
    thread = null;
    for (const task of waiting.values()) task.reject(error);
    waiting.clear();
  }

  function send(task: WorkerTask): Promise<readonly SqlRow[]> {
    thread ??= start();
    const to = thread;
    return new Promise((resolve, reject) => {
      waiting.set(task.id, { resolve, reject });
      to.ref();
      to.postMessage(task);
    });
  }

  async function checkpoint(): Promise<void> {
    try {
      await send({ kind: "checkpoint", id: nextId++ });
    } catch (error) {
      logger.warn({ error: String(error) }, "the ledger's write-ahead log could not be moved into its file");
    }
  }

  return {
    query: (sql, parameters) => send({ kind: "query", id: nextId++, sql, parameters }),
    noteWritten() {
      timer ??= setTimeout(() => {
        timer = null;
        void checkpoint();
      }, checkpointMs).unref();
    },
    async close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      const ending = thread;
      if (ending === null) return;
      await ending.terminate();
    },
  };
}
