/** What runs in the ledger's threads: requests on one connection, one after the other. */
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../../core/errors/message-of.ts";
import { movedError, toConnection, writingPragmas } from "./sqlite-connection.ts";
import type { ThreadAnswer, ThreadTask } from "./sqlite-thread.ts";

const { path } = workerData as { readonly path: string };
if (!existsSync(path)) throw movedError(path); // SQLite would make an empty one
const database = new DatabaseSync(path, { timeout: 500 });
// The log is moved every few seconds (write-ahead-log.ts); the automatic checkpoint is the net under that.
database.exec(`${writingPragmas} PRAGMA wal_autocheckpoint = 20000; PRAGMA cache_size = -32000`);
const perform = toConnection(database, path);

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
