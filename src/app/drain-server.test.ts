import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { systemClock } from "../core/clock.ts";
import { drainServer } from "./drain-server.ts";
import { createHttpServer, listen } from "./http-server.ts";

const request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

test("a client whose connection is idle when a drain begins still gets its next answer, and is told to go", async () => {
  let isDraining = false;
  let lastRequestAt = 0;
  const server = createHttpServer({ requestTimeoutMs: 1_000 }, (exchange) => {
    if (isDraining) {
      exchange.closeAfter();
      lastRequestAt = systemClock.monotonicMs();
    }
    exchange.respond(200, [], "here");
  });
  const port = await listen(server, "127.0.0.1", 0);
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("latin1");
  const answers: string[] = [];
  socket.on("data", (text: string) => answers.push(text));
  socket.write(request);
  await once(socket, "data");
  isDraining = true;
  const openCalls = { count: () => 0, drain: () => Promise.resolve() };
  const parts = { server, openCalls, clock: systemClock, lastRequestAt: () => lastRequestAt, graceMs: 10_000 };
  const drained = drainServer(parts);
  await assert.rejects(once(connect(port, "127.0.0.1"), "connect"), /ECONNREFUSED/);
  socket.write(request);
  await once(socket, "close");
  assert.equal(answers.length, 2);
  assert.match(answers[0]!, /connection: keep-alive/i);
  assert.match(answers[1]!, /connection: close/i);
  await drained;
});
