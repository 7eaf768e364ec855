import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Server, Socket } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { systemClock } from "../core/time/clock.ts";
import type { Exchange } from "../gateway/request/exchange.ts";
import { drainServer, takeLeave } from "./drain-server.ts";
import type { ServiceLife } from "./drain-server.ts";
import { createHttpServer, listen } from "./http-server.ts";

const request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/** A server with a client whose first request has been answered by `handle`. */
async function start(t: TestContext, handle: (exchange: Exchange) => void) {
  const life: ServiceLife = { phase: "running", lateRequests: 0 };
  const server = createHttpServer({ requestTimeoutMs: 1_000 }, (exchange) => {
    if (life.phase === "draining") takeLeave(life, exchange);
    handle(exchange);
  });
  const port = await listen(server, "127.0.0.1", 0);
  t.after(() => server.closeAllConnections());
  const openCalls = { count: () => 0, drain: () => Promise.resolve() };
  const client = openClient(port);
  client.socket.write(request);
  await once(client.socket, "data");
  return {
    port,
    server,
    ...client,
    drain: (): Promise<void> => {
      life.phase = "draining";
      return drainServer({ server, openCalls, clock: systemClock, life, graceMs: 10_000 });
    },
  };
}

function openClient(port: number): { socket: Socket; answers: string[]; closed: Promise<unknown> } {
  const socket = connect(port, "127.0.0.1");
  const answers: string[] = [];
  socket.setEncoding("latin1").on("data", (text: string) => answers.push(text));
  return { socket, answers, closed: once(socket, "close") };
}

function answerHere(exchange: Exchange): void {
  exchange.respond(200, [], "here");
}

test("a client whose connection is idle when a drain begins still gets its next answer, and is told to go", async (t) => {
  const { port, server, socket, answers, closed, drain } = await start(t, answerHere);
  const drained = drain();
  await untilClosed(server);
  socket.write(request);
  await closed;
  await assert.rejects(once(connect(port, "127.0.0.1"), "connect"), /ECONNREFUSED/);
  assert.equal(answers.length, 2);
  assert.match(answers[0]!, /connection: keep-alive/i);
  assert.match(answers[1]!, /connection: close/i);
  await drained;
});

test("connections that wait to be taken when a drain begins are served", async (t) => {
  const { port, socket, drain } = await start(t, answerHere);
  socket.destroy();
  const clients = Array.from({ length: 40 }, () => openClient(port));
  for (const client of clients) client.socket.write(request);
  // The system connects them now; the server has had no turn yet.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  await Promise.all([drain(), ...clients.map(({ closed }) => closed)]);
  for (const { answers } of clients) assert.match(answers.join(""), /^HTTP\/1\.1 200 .*connection: close/is);
});

test("of those that connect while a server that stops is held up, one at most is reset: the others are refused", async (t) => {
  const { port, server, socket, drain } = await start(t, answerHere);
  socket.destroy();
  const close = server.close.bind(server);
  const ends: Promise<string>[] = [];
  server.close = () => {
    for (let client = 0; client < 8; client++) ends.push(endOf(connect(port, "127.0.0.1")));
    // The system connects them before this, and the server has no turn in between.
    process.nextTick(close);
    return server;
  };
  await drain();
  const refused = (await Promise.all(ends)).filter((end) => end === "ECONNREFUSED");
  assert.ok(refused.length >= 7, `only ${refused.length} of 8 were refused`);
});

function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "")).once("end", () => resolve("end"));
    socket.resume();
  });
}

test("a request that came while the process was held up is answered, however long ago the one before it was", async (t) => {
  const { server, socket, answers, closed, drain } = await start(t, answerHere);
  const drained = drain();
  await untilClosed(server);
  socket.write(request);
  const untilMs = performance.now() + 1_500;
  while (performance.now() < untilMs) {
    // Nothing else gets its turn.
  }
  await Promise.all([drained, closed]);
  assert.match(answers[1] ?? "nothing", /^HTTP\/1\.1 200 .*connection: close/is);
});

test("an answer that began before the drain promised to keep its connection: the client's next request is answered", async (t) => {
  const streams: Exchange[] = [];
  const { server, socket, answers, closed, drain } = await start(t, (exchange) => {
    if (streams.length > 0) return answerHere(exchange);
    streams.push(exchange);
    exchange.begin(200, []);
    exchange.write("first");
  });
  assert.match(answers[0]!, /connection: keep-alive/i);
  const drained = drain();
  await untilClosed(server);
  streams[0]!.end();
  await once(socket, "data");
  socket.write(request);
  await Promise.all([drained, closed]);
  assert.match(answers.at(-1)!, /^HTTP\/1\.1 200 .*connection: close.*here$/is);
});

/** Resolves when nothing new is accepted. */
async function untilClosed(server: Server): Promise<void> {
  while (server.listening) await new Promise(setImmediate);
}
