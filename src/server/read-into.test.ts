/** Where the bytes of bodies are read to, and whose memory that is. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { BodySpace, Exchange } from "../gateway/request/exchange.ts";
import { readInto } from "./read-into.ts";
import { startServer, waitFor } from "./test-client.ts";

interface Taken {
  /** How often bytes were handed over. */
  readonly pieces: number;
  /** How often they lay where they belong. */
  readonly filled: number;
  readonly body: string;
}

/** A server whose receivers set memory aside for what the length announces, once a piece has come; it answers with `told`. */
async function startFilling(t: TestContext, told: (taken: Taken) => string, onPiece: () => void = () => undefined) {
  return startServer(t, (exchange) => {
    const body = Buffer.alloc(Number(exchange.header("content-length") ?? 0));
    let size = 0;
    let pieces = 0;
    let filled = 0;
    const space: BodySpace = {
      next: () => (size === 0 ? null : body.subarray(size)),
      onFilled: (length) => {
        size += length;
        filled++;
      },
    };
    exchange.receive({
      onData: (piece) => {
        piece.copy(body, size);
        size += piece.length;
        pieces++;
        onPiece();
      },
      onEnd: () => exchange.respond(200, [], told({ pieces, filled, body: body.toString("latin1", 0, size) })),
      onGone: () => undefined,
      space,
    });
  });
}

const post = (body: string, length = body.length): string =>
  `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n${body}`;

test("the rest of a body is read into its receiver's memory, and the request behind it is another one", async (t) => {
  let isBegun = false;
  const told = ({ pieces, filled, body }: Taken): string => `<${pieces} ${filled > 0} ${body}>`;
  const { open } = await startFilling(t, told, () => (isBegun = true));
  const client = await open();
  client.send(post("ab", 8));
  await waitFor(() => isBegun);
  client.send(`cdefgh${post("xyz")}`);
  const text = await client.until((all) => all.split("<").length === 3 && all.endsWith(">"));
  assert.deepEqual(text.match(/<[^>]*>/g), ["<1 true abcdefgh>", "<1 false xyz>"]);
});

test("a body of megabytes arrives as it was sent", async (t) => {
  const sent = Array.from({ length: 300_000 }, (_, index) => `${index},`).join("");
  const { open } = await startFilling(t, ({ pieces, body }) => `${body === sent} ${pieces}`);
  const client = await open();
  client.send(post(sent));
  assert.match(await client.until((all) => /(?:true|false) \d+$/.test(all)), /true 1$/);
});

test("a body that came with its head has memory of its own, which can be given back when the call is over", async (t) => {
  const lengths: number[][] = [];
  const { open } = await startServer(t, (exchange) => {
    const body = exchange.wholeBody;
    if (body !== null) lengths.push([body.length, body.buffer.byteLength]);
    exchange.receive({ onData: () => undefined, onEnd: () => undefined, onGone: () => undefined });
    exchange.respond(200, [], "read");
  });
  const client = await open();
  // A busy machine may cut it.
  for (let count = 1; lengths.length === 0 && count < 100; count++) {
    client.send(post("x".repeat(40_000)));
    await client.until((all) => all.split("read").length === count + 1);
  }
  assert.deepEqual(lengths, [[40_000, 40_000]]);
});

test("memory of a body that nobody wants any more is not read into", async (t) => {
  const exchanges: Exchange[] = [];
  const body = Buffer.alloc(10);
  const { open } = await startServer(t, (exchange) => {
    exchanges.push(exchange);
    if (exchange.method === "GET") return exchange.respond(200, [], "next");
    exchange.receive({
      onData: () => exchange.discardBody(),
      onEnd: () => undefined,
      onGone: () => undefined,
      space: { next: () => body, onFilled: () => assert.fail("filled") },
    });
    exchange.respond(200, [], "enough");
  });
  const client = await open();
  client.send(post("ab", 10));
  await client.until((all) => all.endsWith("enough"));
  client.send("cdefghijGET / HTTP/1.1\r\nhost: a\r\n\r\n");
  await client.until((all) => all.endsWith("next"));
  assert.deepEqual(body, Buffer.alloc(10));
  assert.equal(exchanges.length, 2);
});

test("what is on its way into memory that nobody wants any more counts for the body, and the next request is served", async (t) => {
  const body = Buffer.alloc(100_001);
  const kept: Exchange[] = [];
  let [size, filled] = [0, 0];
  const { open } = await startServer(t, (exchange) => {
    if (exchange.method === "GET") return exchange.respond(200, [], "next");
    kept.push(exchange);
    exchange.receive({
      onData: (piece) => {
        size += piece.copy(body, size);
      },
      onEnd: () => undefined,
      onGone: () => undefined,
      space: {
        next: () => (size === 0 ? null : body.subarray(size)),
        onFilled: (length) => {
          size += length;
          filled++;
        },
      },
    });
  });
  const client = await open();
  client.send(post("a", 100_001));
  await waitFor(() => size === 1);
  kept[0]!.respond(200, [], "enough");
  await client.until((all) => all.endsWith("enough"));
  client.send("b".repeat(100_000));
  client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  await client.until((all) => all.endsWith("next"));
  assert.deepEqual([size, filled], [1, 0]);
});

test("a read that goes wrong ends its connection: the memory behind it may be gone", async (t) => {
  const server = createServer();
  t.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [socket] = (await once(server, "connection")) as [Socket];
  const onRead = (): void => {
    throw new Error("a defect");
  };
  assert.ok(readInto(socket, { nextBuffer: () => Buffer.alloc(10), onRead }));
  const inner = socket as unknown as Record<symbol, (length: number) => void>;
  const callback = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "kBufferCb")!;
  assert.throws(() => inner[callback]!(1), /a defect/);
  assert.ok(socket.destroyed);
  client.destroy();
});

test("a paused body waits, in the receiver's memory as well", async (t) => {
  const body = Buffer.alloc(200_000);
  const kept: Exchange[] = [];
  let size = 0;
  const { open } = await startServer(t, (exchange) => {
    kept.push(exchange);
    exchange.receive({
      onData: (piece) => {
        size += piece.copy(body, size);
      },
      onEnd: () => exchange.respond(200, [], "all"),
      onGone: () => undefined,
      space: {
        next: () => (size === 0 ? null : body.subarray(size)),
        onFilled: (length) => {
          size += length;
          exchange.pauseBody();
        },
      },
    });
  });
  const client = await open();
  client.send(post("a", 100_001));
  await waitFor(() => size === 1);
  client.send("b".repeat(50_000));
  await waitFor(() => size > 1);
  const { length } = client.received();
  const before = size;
  client.send("c".repeat(50_000));
  for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(size, before);
  assert.equal(length, 0);
  const goOn = (): void => {
    kept[0]!.resumeBody();
    if (size < 100_001) setImmediate(goOn);
  };
  goOn();
  await client.until((all) => all.endsWith("all"));
});

test("a socket of other parts is left as it is", () => {
  const target = { nextBuffer: () => assert.fail("asked"), onRead: () => assert.fail("read") };
  assert.equal(readInto(new Socket(), target), false);
});
