/** What runs in the ledger's threads: requests on one connection, one after the other. */
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { linesOf } from "../waiting/row-block.ts";
import { queryColumns } from "./sqlite-query.ts";
import type { SqliteRequest, ThreadAnswer, ThreadTask } from "./sqlite-thread.ts";
import { createSqliteWriter } from "./sqlite-writer.ts";
import type { SqliteWriter } from "./sqlite-writer.ts";
import { messageOf } from "../../../core/errors/message-of.ts";

const { path } = workerData as { readonly path: string };
const database = new DatabaseSync(path, { timeout: 500 });
// The log is moved every few seconds (sqlite.ts); the automatic checkpoint is the net under that.
database.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 20000;
  PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY;`);
const openInode = inodeAtPath();
let writer: SqliteWriter | null = null;

parentPort?.on("message", (task: ThreadTask) => {
  parentPort?.postMessage(answer(task));
  if (task.request.kind === "close") parentPort?.close(); // nothing is left to wait for: the thread ends
});

function answer({ id, request }: ThreadTask): ThreadAnswer {
  try {
    return { kind: "done", id, value: perform(request) };
  } catch (error) {
    return { kind: "failed", id, message: messageOf(error) };
  }
}

function perform(request: SqliteRequest): unknown {
  if (request.kind === "query") return queryColumns(database, request.sql, request.parameters);
  if (request.kind === "checkpoint") return database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  if (request.kind === "close") return database.close();
  // What is written to a file without a name is gone with this process; what waits is in the journal.
  if (inodeAtPath() !== openInode) throw new Error(`${path} was moved, removed or replaced: put it back, or restart`);
  writer ??= createSqliteWriter(database);
  if (request.kind === "insert") return writer.insert(linesOf(request.lines));
  if (request.kind === "correct") return writer.correct(request.corrections);
  if (request.kind === "write") return writer.write(request.statements);
  if (request.kind === "rebuild-week") return writer.rebuildWeek(request.cutoffMs);
  return writer.removePart(request.stage, request.cutoffMs);
}

function inodeAtPath(): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
