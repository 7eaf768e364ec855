/** How answers reach clients: whole, in pieces, without a body. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../gateway/request/exchange.ts";
import { echo, get, hello, startServer } from "./test-client.ts";

function streamed(exchange: Exchange): void {
  exchange.begin(200, ["content-type", "text/plain"]);
  exchange.write("one");
  exchange.write("");
  exchange.write(Buffer.from("zwölf"));
  exchange.end();
}

test("a whole answer: head, date, length and body in one piece, and the connection stays", async (t) => {
  const { open } = await startServer(t, echo);
  const client = await open();
  client.send(hello);
  const text = await client.until((all) => all.endsWith("hello"));
  assert.match(
    text,
    /^HTTP\/1\.1 200 OK\r\nx-path: \/hello\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\ncontent-length: 5\r\nconnection: keep-alive\r\nkeep-alive: timeout=5\r\n\r\nhello$/,
  );
  client.send(hello);
  await client.until((all) => all.split("HTTP/1.1 200").length === 3);
});

test("the same, whatever the pieces in which a request comes", async (t) => {
  const { open } = await startServer(t, echo);
  const client = await open();
  client.socket.setNoDelay(true);
  for (const character of hello) {
    client.send(character);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(await client.until((all) => all.endsWith("hello")), /^HTTP\/1\.1 200 [^]*\r\n\r\nhello$/);
});

test("a body piece by piece: chunks in HTTP/1.1, the end of the connection in HTTP/1.0, nothing after HEAD", async (t) => {
  const { open } = await startServer(t, streamed);
  const now = await open();
  now.send(get);
  const chunks = "3\r\none\r\n6\r\nzw\xc3\xb6lf\r\n0\r\n\r\n";
  const text = await now.until((all) => all.endsWith("0\r\n\r\n"));
  assert.ok(
    text.endsWith(`transfer-encoding: chunked\r\nconnection: keep-alive\r\nkeep-alive: timeout=5\r\n\r\n${chunks}`),
  );
  const old = await open();
  old.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
  assert.match(await old.closed, /\r\nconnection: close\r\n\r\nonezw\xc3\xb6lf$/);
  const head = await open();
  head.send("HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  assert.match(await head.closed, /transfer-encoding: chunked\r\nconnection: close\r\n\r\n$/);
});

test("the answer to HEAD, 204 and 304 has no body", async (t) => {
  const { open } = await startServer(t, (exchange) => exchange.respond(Number(exchange.path.slice(1)), [], "text"));
  const client = await open();
  client.send(
    "HEAD /200 HTTP/1.1\r\nhost: a\r\n\r\nGET /204 HTTP/1.1\r\nhost: a\r\n\r\nGET /304 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
  );
  const text = await client.closed;
  assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 3);
  assert.doesNotMatch(text, /text/);
  assert.equal(text.match(/content-length: 4/g)?.length, 1);
});

test("large and small pieces, text and bytes, arrive as they are", async (t) => {
  const pieces = ["ä".repeat(30_000), Buffer.alloc(100_000, 7), "plain".repeat(10_000), Buffer.from([0, 255, 13, 10])];
  const { open } = await startServer(t, (exchange) => {
    exchange.begin(200, []);
    for (const piece of pieces) exchange.write(piece);
    exchange.end();
  });
  const client = await open();
  client.send(get);
  const text = await client.until((all) => all.endsWith("\r\n0\r\n\r\n"));
  const want = Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))).toString("latin1");
  assert.equal(unchunk(text.slice(text.indexOf("\r\n\r\n") + 4)), want);
});

function unchunk(text: string): string {
  let body = "";
  for (let at = 0; ;) {
    const end = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, end), 16);
    if (size === 0) return body;
    body += text.slice(end + 2, end + 2 + size);
    at = end + size + 4;
  }
}

test("headers that would end a line early are refused, not written", async (t) => {
  const problems: unknown[] = [];
  const { open } = await startServer(t, (exchange) => {
    for (const [name, value] of [
      ["x", "a\r\nset-cookie: b"],
      ["x\r\ny", "a"],
      ["x", "\u{1F600}"],
    ] as const) {
      try {
        exchange.respond(200, [name, value], "");
      } catch (error) {
        problems.push(error);
      }
    }
    exchange.respond(200, ["content-length", "99", "transfer-encoding", "chunked", "connection", "close"], "ok");
  });
  const client = await open();
  client.send(get);
  const text = await client.closed;
  assert.equal(problems.length, 3);
  assert.match(text, /content-length: 2\r\nconnection: close\r\n\r\nok$/);
  assert.doesNotMatch(text, /set-cookie|99|chunked/);
});
