/** What runs in the ledger's reading thread: queries and checkpoints, one after the other. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { SqlRow, SqlValue } from "./ledger.ts";

export type WorkerTask =
  | { readonly kind: "query"; readonly id: number; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly kind: "checkpoint"; readonly id: number };

export type WorkerAnswer =
  | { readonly kind: "rows"; readonly id: number; readonly rows: readonly SqlRow[] }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };

const { path } = workerData as { readonly path: string };
const database = new DatabaseSync(path, { timeout: 2_000 });
database.exec("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY;");

parentPort?.on("message", (task: WorkerTask) => {
  parentPort?.postMessage(answer(task));
});

function answer(task: WorkerTask): WorkerAnswer {
  try {
    if (task.kind === "checkpoint") {
      database.exec("PRAGMA wal_checkpoint(PASSIVE)");
      return { kind: "rows", id: task.id, rows: [] };
    }
    const statement = database.prepare(task.sql);
    statement.setReadBigInts(true);
    return { kind: "rows", id: task.id, rows: statement.all(...task.parameters).map((row) => ({ ...row })) };
  } catch (error) {
    return { kind: "failed", id: task.id, message: error instanceof Error ? error.message : String(error) };
  }
}
