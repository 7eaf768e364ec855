/** Requests in a row, and bodies that are waited for, refused or no HTTP. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { Exchange } from "../gateway/request/exchange.ts";
import { echo, get, startServer, waitFor } from "./test-client.ts";

test("requests in a row are served one at a time, in their order", async (t) => {
  const waiting: Exchange[] = [];
  const { open } = await startServer(t, (exchange) => void waiting.push(exchange));
  const client = await open();
  client.send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\nGET /3 HTTP/1.1\r\nhost: a\r\n\r\n");
  for (const path of ["/1", "/2", "/3"]) {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const [exchange] = waiting.splice(0);
    assert.equal(exchange?.path, path);
    exchange.respond(200, [], path);
  }
  assert.deepEqual((await client.until((all) => all.endsWith("/3"))).match(/\/\d$|\/\d(?=HTTP)/g), ["/1", "/2", "/3"]);
});

test("a request that begins while the answer ahead of it is waited for is read on, however much of it came", async (t) => {
  let first: Exchange | null = null;
  const { server, open } = await startServer(t, (exchange) => {
    if (exchange.path === "/1") first = exchange;
    else echo(exchange);
  });
  const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const client = await open();
  const socket = await connected;
  const ahead = get.replace("/", "/1");
  // More than may wait, and less than that in the body alone.
  const beginning = `POST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 65005\r\nx-long: ${"a".repeat(1_000)}\r\n\r\n${"x".repeat(65_000)}`;
  client.send(ahead + beginning);
  while (socket.bytesRead < ahead.length + beginning.length) await new Promise((resolve) => setImmediate(resolve));
  first!.respond(200, [], "");
  await client.until((all) => all.includes("HTTP/1.1 200"));
  client.send("hello");
  assert.match(await client.until((all) => all.endsWith("hello")), /xhello$/);
});

test("thousands of requests in a row that are answered at once do not pile up on the stack", async (t) => {
  let served = 0;
  const { open } = await startServer(t, (exchange) => {
    served++;
    exchange.respond(200, [], "");
  });
  const client = await open();
  client.send(
    `${"GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(5_000)}GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
  );
  await client.closed;
  assert.equal(served, 5_001);
});

test("a client that waits to be told sends its body only if somebody wants it", async (t) => {
  const { open } = await startServer(t, (exchange) => {
    if (exchange.path === "/refused") exchange.respond(401, [], "no");
    else echo(exchange);
  });
  const wanted = await open();
  wanted.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n");
  assert.equal(await wanted.until((all) => all !== ""), "HTTP/1.1 100 Continue\r\n\r\n");
  wanted.send("hello");
  assert.match(await wanted.until((all) => all.endsWith("hello")), /HTTP\/1\.1 200 /);
  const refused = await open();
  refused.send("POST /refused HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n");
  const text = await refused.closed;
  assert.match(text, /^HTTP\/1\.1 401 /);
});

test("the body of a refused request is read over, within bounds, and the next request served", async (t) => {
  const { open } = await startServer(t, (exchange) => exchange.respond(401, [], exchange.path));
  const client = await open();
  client.send(`POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe`);
  await client.until((all) => all.endsWith("/1"));
  client.send("lloGET /2 HTTP/1.1\r\nhost: a\r\n\r\n");
  assert.doesNotMatch(await client.until((all) => all.endsWith("/2")), /connection: close/);
  client.send("POST /3 HTTP/1.1\r\nhost: a\r\ncontent-length: 5000000\r\n\r\n");
  // Whoever were told that the connection stays would send the next request on it.
  assert.match(await client.until((all) => all.endsWith("/3")), /connection: close\r\n\r\n\/3$/);
  client.send("x".repeat(400_000));
  await client.closed;
});

test("a body that is paused before its answer is read over, and the next request served", async (t) => {
  const { open } = await startServer(t, (exchange) => {
    exchange.receive({
      onData: () => {
        exchange.pauseBody();
        exchange.respond(200, [], exchange.path);
      },
      onEnd: () => undefined,
      onGone: () => undefined,
    });
  });
  const client = await open();
  client.send("POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe");
  await client.until((all) => all.endsWith("/1"));
  client.send("lloPOST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello");
  assert.match(await client.until((all) => all.endsWith("/2")), /\/2$/);
});

test("a body that turns out to be no HTTP: whoever serves the call hears that it is over, and the client why", async (t) => {
  const ends: string[] = [];
  let isBegun = false;
  const { open } = await startServer(t, (exchange) => {
    exchange.onGone(() => ends.push("gone"));
    exchange.receive({
      onData: () => (isBegun = true),
      onEnd: () => ends.push("end"),
      onGone: () => ends.push("body gone"),
    });
  });
  const client = await open();
  client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe");
  await waitFor(() => isBegun);
  client.send("lloXX");
  assert.match(await client.closed, /^HTTP\/1\.1 400 [^]*connection: close\r\n\r\nmalformed$/);
  assert.deepEqual(ends, ["body gone", "gone"]);
});
