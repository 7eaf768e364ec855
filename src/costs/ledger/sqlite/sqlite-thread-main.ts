/** What runs in the ledger's threads: requests on one connection, one after the other. */
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../../core/errors/message-of.ts";
import { openConnection } from "./sqlite-connection.ts";
import type { ThreadAnswer, ThreadTask } from "./sqlite-thread.ts";

const busyMs = 500;
const cacheKb = 32_000;

const { path } = workerData as { readonly path: string };
const perform = openConnection(path, busyMs, cacheKb);

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
