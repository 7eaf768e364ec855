/** That the body of a request takes the memory of its bytes, however it comes, and none for what is only announced. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { createHttpServer, listen } from "../../src/app/http-server.ts";
import { receiveBody } from "../../src/gateway/request/receive-body.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { openRawClient } from "./raw-sockets.ts";

const limitBytes = 8 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function liveBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Answers each body by its digest. */
async function startDigester(t: TestContext): Promise<{ port: number; begun: () => number }> {
  let begun = 0;
  const server = createHttpServer({ requestTimeoutMs: 60_000 }, (exchange) => {
    begun++;
    void Promise.resolve(receiveBody(exchange, { bytes: limitBytes, setting: null })).then(
      (body) => exchange.respond(200, [], digestOf(body)),
      () => undefined,
    );
  });
  const port = await listen(server, "127.0.0.1", 0);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port, begun: () => begun };
}

function digestOf(body: Uint8Array): string {
  return `${body.length} ${createHash("sha256").update(body).digest("hex")}`;
}

const chunked = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";

test("a body in chunks and pieces of any size: it is what was sent", async (t) => {
  const { port } = await startDigester(t);
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 4_000, max: 90_000 })), {
    minLength: 1,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(sizes, fc.boolean(), async (sizes, isChunked) => {
      const pieces = sizes.map((size, index) => Buffer.alloc(size, 33 + index));
      const body = Buffer.concat(pieces);
      const client = await openRawClient(t, port);
      if (isChunked) client.send(chunked);
      else client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n`);
      for (const piece of pieces) {
        const text = piece.toString("latin1");
        client.send(isChunked ? `${piece.length.toString(16)}\r\n${text}\r\n` : text);
        await new Promise(setImmediate);
      }
      if (isChunked) client.send("0\r\n\r\n");
      await waitUntil("it is answered", () => client.received().endsWith(digestOf(body)));
      client.socket.destroy();
    }),
    { numRuns: 30 },
  );
});

test("a body in chunks of one byte: it takes no more memory than another", async (t) => {
  const { port, begun } = await startDigester(t);
  const client = await openRawClient(t, port);
  client.send(chunked);
  await waitUntil("it has begun", () => begun() === 1);
  const before = liveBytes();
  const rounds = 256;
  const chunks = "1\r\na\r\n".repeat(8_192);
  for (let round = 0; round < rounds; round++) {
    client.send(chunks);
    await new Promise((resolve) => client.socket.write("", resolve));
  }
  const grownBytes = liveBytes() - before;
  assert.ok(grownBytes < 16_000_000, `${grownBytes} bytes more for two megabytes`);
  client.send("0\r\n\r\n");
  await waitUntil("it is answered", () => client.received().endsWith(digestOf(Buffer.alloc(rounds * 8_192, "a"))));
});

test("a large body that is only announced: it takes no memory", async (t) => {
  const { port, begun } = await startDigester(t);
  const before = liveBytes();
  for (let count = 0; count < 50; count++) {
    const client = await openRawClient(t, port);
    client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${limitBytes}\r\n\r\n{`);
  }
  await waitUntil("all have begun", () => begun() === 50);
  const grownBytes = liveBytes() - before;
  assert.ok(grownBytes < 2 * limitBytes, `${grownBytes} bytes more for fifty announcements`);
});
