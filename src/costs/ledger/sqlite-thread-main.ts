/** What runs in the ledger's threads: requests on one connection, one after the other. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { SqlValue } from "./ledger.ts";
import { recordsOf } from "./row-block.ts";
import type { SqlColumns, SqliteRequest, ThreadAnswer, ThreadTask } from "./sqlite-thread.ts";
import { createSqliteWriter } from "./sqlite-writer.ts";
import type { SqliteWriter } from "./sqlite-writer.ts";

const { path } = workerData as { readonly path: string };
const database = new DatabaseSync(path, { timeout: 500 });
// The log is moved every few seconds (sqlite.ts); the automatic checkpoint is the net under that.
database.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 20000;
  PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY;`);
let writer: SqliteWriter | null = null;

parentPort?.on("message", (task: ThreadTask) => {
  parentPort?.postMessage(answer(task));
  if (task.request.kind === "close") parentPort?.close(); // nothing is left to wait for: the thread ends
});

function answer({ id, request }: ThreadTask): ThreadAnswer {
  try {
    return { kind: "done", id, value: perform(request) };
  } catch (error) {
    return { kind: "failed", id, message: error instanceof Error ? error.message : String(error) };
  }
}

function perform(request: SqliteRequest): unknown {
  if (request.kind === "query") return query(request.sql, request.parameters);
  if (request.kind === "checkpoint") return database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  if (request.kind === "close") return database.close();
  writer ??= createSqliteWriter(database);
  if (request.kind === "insert") return writer.insert(recordsOf(request.lines));
  if (request.kind === "correct") return writer.correct(request.corrections);
  if (request.kind === "write") return writer.write(request.statements);
  if (request.kind === "rebuild-week") return writer.rebuildWeek(request.cutoffMs);
  return writer.removePart(request.stage, request.cutoffMs);
}

/** By column: thousands of rows as objects of their own would take longer to hand over than to find. */
function query(sql: string, parameters: readonly SqlValue[]): SqlColumns {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const rows = statement.all(...parameters) as unknown as readonly unknown[][];
  const names = statement.columns().map(({ name }) => name);
  return { names, values: names.map((_, column) => rows.map((row) => toSmaller(row[column]))) };
}

/** A 64-bit integer as a number, where that is exact. */
function toSmaller(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const smaller = Number(value);
  return Number.isSafeInteger(smaller) ? smaller : value;
}
