import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Exchange } from "../../gateway/request/exchange.ts";
import { get, startServer } from "../../server/test-client.ts";
import { forwardToParent } from "./forward-to-parent.ts";
import { makeParentSocket } from "./parent-socket.ts";

const size = 32 * 1024 * 1024;

/** Where the parent listens. */
async function startParent(t: TestContext, handle: RequestListener): Promise<string> {
  const { path, remove } = makeParentSocket();
  const parent = createServer(handle).listen(path);
  await once(parent, "listening");
  t.after(() => {
    parent.close();
    parent.closeAllConnections();
    remove();
  });
  return path;
}

test("a client that reads slowly holds the parent back: what it has not read waits in no worker", async (t) => {
  const path = await startParent(t, (_request, response) => response.end(Buffer.alloc(size, "a")));
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

test("a parent that reads slowly holds the client back: what it has not read waits in no worker", async (t) => {
  const goOn = Promise.withResolvers<void>();
  const path = await startParent(t, (request, response) => {
    let bytes = 0;
    const read = (): void => {
      request.on("data", (piece: Buffer) => (bytes += piece.length));
      request.once("end", () => response.end(`read ${bytes}`));
    };
    if (request.url === "/slow") void goOn.promise.then(read);
    else read();
  });
  const { open } = await startServer(t, (exchange) => forwardToParent(exchange, path), { requestTimeoutMs: 60_000 });
  const post = async (to: string): ReturnType<typeof open> => {
    const client = await open();
    client.send(`POST ${to} HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n${"a".repeat(size)}`);
    return client;
  };
  const hasRead = (all: string): boolean => all.includes(`read ${size}`);
  const slow = await post("/slow");
  const quick = await post("/quick");
  assert.ok(hasRead(await quick.until(hasRead)));
  // As much as came of the quick one's body meanwhile, could have come of the slow one's.
  assert.ok(slow.socket.writableLength > 0);
  goOn.resolve();
  assert.ok(hasRead(await slow.until(hasRead)));
});
