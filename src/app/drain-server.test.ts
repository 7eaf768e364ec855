import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { systemClock } from "../core/clock.ts";
import { drainServer, takeLeave } from "./drain-server.ts";
import type { ServiceLife } from "./drain-server.ts";
import { createHttpServer, listen } from "./http-server.ts";

const request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

test("a client whose connection is idle when a drain begins still gets its next answer, and is told to go", async () => {
  const life: ServiceLife = { phase: "running", lastRequestAt: 0 };
  const server = createHttpServer({ requestTimeoutMs: 1_000 }, (exchange) => {
    if (life.phase === "draining") takeLeave(life, exchange, systemClock);
    exchange.respond(200, [], "here");
  });
  const port = await listen(server, "127.0.0.1", 0);
  const socket = connect(port, "127.0.0.1");
  socket.setEncoding("latin1");
  const answers: string[] = [];
  socket.on("data", (text: string) => answers.push(text));
  socket.write(request);
  await once(socket, "data");
  life.phase = "draining";
  const openCalls = { count: () => 0, drain: () => Promise.resolve() };
  const parts = { server, openCalls, clock: systemClock, life, graceMs: 10_000 };
  const drained = drainServer(parts);
  await assert.rejects(once(connect(port, "127.0.0.1"), "connect"), /ECONNREFUSED/);
  socket.write(request);
  await once(socket, "close");
  assert.equal(answers.length, 2);
  assert.match(answers[0]!, /connection: keep-alive/i);
  assert.match(answers[1]!, /connection: close/i);
  await drained;
});
