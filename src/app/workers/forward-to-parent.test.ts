import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import type { Exchange } from "../../gateway/request/exchange.ts";
import { get, startServer } from "../../server/test-client.ts";
import { forwardToParent } from "./forward-to-parent.ts";
import { makeParentSocket } from "./parent-socket.ts";

const size = 32 * 1024 * 1024;

test("a client that reads slowly holds the parent back: what it has not read waits in no worker", async (t) => {
  const { path, remove } = makeParentSocket();
  const parent = createServer((_request, response) => response.end(Buffer.alloc(size, "a"))).listen(path);
  await once(parent, "listening");
  t.after(() => {
    parent.close();
    parent.closeAllConnections();
    remove();
  });
  const exchanges: Exchange[] = [];
  const { open } = await startServer(t, (exchange) => {
    exchanges.push(exchange);
    forwardToParent(exchange, path);
  });
  const readAll = (all: string): boolean => all.length > size && all.endsWith("0\r\n\r\n");
  const slow = await open();
  slow.socket.pause();
  slow.send(get);
  const quick = await open();
  quick.send(get);
  // As much as the quick one got meanwhile, the slow one's worker could have taken.
  assert.ok(readAll(await quick.until(readAll)));
  assert.ok(exchanges[0]!.bytesWritten < size / 2);
  slow.socket.resume();
  assert.ok(readAll(await slow.until(readAll)));
});
