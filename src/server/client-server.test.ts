import assert from "node:assert/strict";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Exchange } from "../gateway/exchange.ts";
import { ClientServer } from "./client-server.ts";

const get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const hello = "POST /hello HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello";

interface Client {
  readonly socket: Socket;
  send(text: string): void;
  received(): string;
  /** Resolves as soon as what came fulfils `condition`, or everything has come. */
  until(condition: (text: string) => boolean): Promise<string>;
  readonly closed: Promise<string>;
}

async function start(
  t: TestContext,
  handle: (exchange: Exchange) => void,
  limits: Partial<Record<"headersTimeoutMs" | "requestTimeoutMs" | "keepAliveMs", number>> = {},
): Promise<{ server: ClientServer; open: () => Promise<Client> }> {
  const server = new ClientServer({
    headersTimeoutMs: 5_000,
    requestTimeoutMs: 5_000,
    keepAliveMs: 5_000,
    ...limits,
    handle,
    refuse: (refusal) => ({ status: refusal === "timeout" ? 408 : 400, headers: ["x-why", refusal], body: refusal }),
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, open: () => openClient(t, (server.address() as AddressInfo).port) };
}

async function openClient(t: TestContext, port: number): Promise<Client> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  let isOver = false;
  let wake = (): void => undefined;
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
    wake();
  });
  socket.on("error", () => undefined);
  const closed = new Promise<string>((resolve) => {
    const over = (): void => {
      isOver = true;
      wake();
      resolve(text);
    };
    socket.once("end", over);
    socket.once("close", over);
  });
  t.after(() => void socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  return {
    socket,
    send: (bytes) => void socket.write(bytes, "latin1"),
    received: () => text,
    closed,
    async until(condition) {
      const isDone = (): boolean => isOver || condition(text);
      while (!isDone()) await new Promise<void>((resolve) => (wake = resolve));
      return text;
    },
  };
}

/** Collects the body and answers with it. */
function echo(exchange: Exchange): void {
  const pieces: Buffer[] = [];
  exchange.receive({
    onData: (piece) => pieces.push(piece),
    onEnd: () => exchange.respond(200, ["x-path", exchange.path], Buffer.concat(pieces)),
    onGone: () => undefined,
  });
}

function streamed(exchange: Exchange): void {
  exchange.begin(200, ["content-type", "text/plain"]);
  exchange.write("one");
  exchange.write("");
  exchange.write(Buffer.from("zwölf"));
  exchange.end();
}

test("a whole answer: head, date, length and body in one piece, and the connection stays", async (t) => {
  const { open } = await start(t, echo);
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
  const { open } = await start(t, echo);
  const client = await open();
  client.socket.setNoDelay(true);
  for (const character of hello) {
    client.send(character);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(await client.until((all) => all.endsWith("hello")), /^HTTP\/1\.1 200 [^]*\r\n\r\nhello$/);
});

test("a body piece by piece: chunks in HTTP/1.1, the end of the connection in HTTP/1.0, nothing after HEAD", async (t) => {
  const { open } = await start(t, streamed);
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
  const { open } = await start(t, (exchange) => exchange.respond(Number(exchange.path.slice(1)), [], "text"));
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
  const { open } = await start(t, (exchange) => {
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

test("requests in a row are served one at a time, in their order", async (t) => {
  const waiting: Exchange[] = [];
  const { open } = await start(t, (exchange) => void waiting.push(exchange));
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
  const { server, open } = await start(t, (exchange) => {
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
  const { open } = await start(t, (exchange) => {
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
  const { open } = await start(t, (exchange) => {
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
  const { open } = await start(t, (exchange) => exchange.respond(401, [], exchange.path));
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

test("a body that turns out to be no HTTP: whoever serves the call hears that it is over, and the client why", async (t) => {
  const ends: string[] = [];
  let isBegun = false;
  const { open } = await start(t, (exchange) => {
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

test("a client that leaves is told of once, a complete answer is none of its business", async (t) => {
  const ends: string[] = [];
  const { server, open } = await start(t, (exchange) => {
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

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test("headers that would end a line early are refused, not written", async (t) => {
  const problems: unknown[] = [];
  const { open } = await start(t, (exchange) => {
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

test("a client that does not read holds back who writes", async (t) => {
  let writes = 0;
  let isDrained = false;
  const { open } = await start(t, (exchange) => {
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
  const { open } = await start(t, echo, { headersTimeoutMs: 80, requestTimeoutMs: 120, keepAliveMs: 10_000 });
  const [head, body, silent] = [await open(), await open(), await open()];
  head.send("GET / HTTP/1.1\r\nhost: a\r\nx: ");
  body.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe");
  assert.match(await head.closed, /^HTTP\/1\.1 408 /);
  assert.match(await body.closed, /^HTTP\/1\.1 408 /);
  assert.equal(await silent.closed, "");
});

test("when the server stops, idle connections go at once and the others after their answer", async (t) => {
  const waiting: Exchange[] = [];
  const { server, open } = await start(t, (exchange) => void waiting.push(exchange));
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
  const { open } = await start(t, echo, limits);
  const client = await open();
  client.send(hello);
  const untilMs = performance.now() + 300;
  while (performance.now() < untilMs) {
    // Nothing else gets its turn.
  }
  assert.match(await client.until((all) => all.endsWith("hello")), /^HTTP\/1\.1 200 OK/);
});
