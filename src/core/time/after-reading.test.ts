import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { afterReading } from "./after-reading.ts";

test("what came while the process stood still behind a round's reading is read before the work", async (t) => {
  const server = createServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  t.after(() => void server.close());
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  t.after(() => void client.destroy());
  const [served] = await once(server, "connection");
  let isRead = false;
  client.on("data", () => {
    isRead = true;
  });
  const wasRead = await new Promise<boolean>((resolve) => {
    // Both are of one round: the process stands still after its reading, and before the work's turn.
    setImmediate(() => {
      served.write("a");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
    });
    afterReading(() => resolve(isRead));
  });
  assert.equal(wasRead, true);
});
