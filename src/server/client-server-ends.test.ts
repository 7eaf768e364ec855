/** Clients that leave, do not read or are slow, and a server that stops. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../gateway/request/exchange.ts";
import { echo, get, hello, startServer, waitFor } from "./test-client.ts";

test("a client that leaves is told of once, a complete answer is none of its business", async (t) => {
  const ends: string[] = [];
  const { server, open } = await startServer(t, (exchange) => {
    exchange.onGone(() => ends.push(exchange.path));
    if (exchange.path === "/whole") exchange.respond(200, [], "whole");
  });
  const first = await open();
  first.send("GET /whole HTTP/1.1\r\nhost: a\r\n\r\n");
  await first.until((all) => all.endsWith("whole"));
  first.send("GET /waits HTTP/1.1\r\nhost: a\r\n\r\n");
  const second = await open();
  second.send("GET /half HTTP/1.1\r\nhost: a\r\n\r\n");
  second.socket.end();
  await second.closed;
  first.socket.resetAndDestroy();
  await waitFor(() => ends.length === 2);
  assert.deepEqual(ends, ["/half", "/waits"]);
  await new Promise<void>((resolve) => server.getConnections((_error, count) => resolve(assert.equal(count, 0))));
});

test("a client that does not read holds back who writes", async (t) => {
  let writes = 0;
  let isDrained = false;
  const { open } = await startServer(t, (exchange) => {
    exchange.begin(200, []);
    const piece = Buffer.alloc(10_000);
    const fill = (): void => {
      while (exchange.write(piece)) writes++;
    };
    exchange.onDrain(() => (isDrained = true));
    fill();
  });
  const client = await open();
  client.socket.pause();
  client.send(get);
  await waitFor(() => writes > 0);
  assert.ok(writes < 1_000);
  client.socket.resume();
  await waitFor(() => isDrained);
});

test("slow heads and bodies get 408, silent connections are closed without a word", async (t) => {
  const { open } = await startServer(t, echo, { headersTimeoutMs: 400, requestTimeoutMs: 450, keepAliveMs: 10_000 });
  const head = await open();
  head.send("GET / HTTP/1.1\r\nhost: a\r\nx: ");
  const body = await open();
  body.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe");
  const silent = await open();
  assert.match(await head.closed, /^HTTP\/1\.1 408 /);
  assert.match(await body.closed, /^HTTP\/1\.1 408 /);
  assert.equal(await silent.closed, "");
});

test("when the server stops, idle connections go at once and the others after their answer", async (t) => {
  const waiting: Exchange[] = [];
  const { server, open } = await startServer(t, (exchange) => void waiting.push(exchange));
  const [busy, idle] = [await open(), await open()];
  busy.send(get);
  await waitFor(() => waiting.length === 1);
  server.close();
  server.closeIdleConnections();
  assert.equal(await idle.closed, "");
  waiting[0]?.respond(200, [], "last");
  assert.match(await busy.closed, /connection: close\r\n\r\nlast$/);
});

test("a request that came while the process was held up is read before its time is checked", async (t) => {
  const limits = { headersTimeoutMs: 100, requestTimeoutMs: 100, keepAliveMs: 100 };
  const { open } = await startServer(t, echo, limits);
  const client = await open();
  client.send(hello);
  const untilMs = performance.now() + 300;
  while (performance.now() < untilMs) {
    // Nothing else gets its turn.
  }
  assert.match(await client.until((all) => all.endsWith("hello")), /^HTTP\/1\.1 200 OK/);
});
