/** What becomes of clients that send slowly, half, too much or leave, and that other clients do not notice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHttpServer, listen } from "../../src/app/http-server.ts";
import { openStream } from "../kit/sse-client.ts";
import { watchHeldUpTime } from "../kit/held-up-time.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { messagesRequest, openRawClient, startRawServer } from "./raw-sockets.ts";
import {
  callsInFlight,
  healthyModel,
  post,
  providerAt,
  question,
  startBeside,
  whileOthersCall,
} from "./steady-callers.ts";

const asked = { model: healthyModel, ...question };
const slow = { server: { requestTimeoutMs: 300 } };

test("a client that sends its headers slowly: 408 after the limit, at most 30 s", async (t) => {
  const router = await startBeside(t, {}, slow);
  await whileOthersCall(router.url, async () => {
    const client = await openRawClient(t, router.port);
    client.send("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n");
    const drip = setInterval(() => client.send("x-drip: 1\r\n"), 50);
    t.after(() => clearInterval(drip));
    await client.closed;
    assert.match(client.received(), /^HTTP\/1\.1 408 [^]*timeout_error/);
  });
});

test("a client that sends its body slowly: 408 after server.requestTimeoutMs, and no provider is asked", async (t) => {
  const router = await startBeside(t, { bad: providerAt("http://127.0.0.1:1") }, slow);
  await whileOthersCall(router.url, async () => {
    const client = await openRawClient(t, router.port);
    client.send("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n{");
    const drip = setInterval(() => client.send(" "), 50);
    t.after(() => clearInterval(drip));
    await client.closed;
    assert.match(client.received(), /^HTTP\/1\.1 408 [^]*timeout_error/);
  });
  await waitUntil("no call is left", async () => (await callsInFlight(router.url)) === 0);
});

test("a client that sends half of its body and leaves: its call ends, nothing is asked", async (t) => {
  const router = await startBeside(t, {});
  const half = messagesRequest(asked).slice(0, -20);
  const asksBefore = router.healthy.counts().requests;
  const client = await openRawClient(t, router.port);
  client.send(half);
  await waitUntil("its call is open", async () => (await callsInFlight(router.url)) === 1);
  client.socket.destroy();
  await waitUntil("its call is over", async () => (await callsInFlight(router.url)) === 0);
  assert.equal(router.healthy.counts().requests, asksBefore);
});

test("a body larger than server.bodyLimitBytes: 413 at once where it is announced", async (t) => {
  const router = await startBeside(t, {}, { server: { bodyLimitBytes: 2_000 } });
  await whileOthersCall(router.url, async () => {
    const client = await openRawClient(t, router.port);
    client.send("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000000000\r\n\r\n{");
    await client.closed;
    assert.match(client.received(), /^HTTP\/1\.1 413 [^]*request_too_large/);
  });
});

test("a chunked body without end: 413 at the limit, and nothing of it is kept", async (t) => {
  const router = await startBeside(t, {}, { server: { bodyLimitBytes: 2_000 } });
  await whileOthersCall(router.url, async () => {
    const client = await openRawClient(t, router.port);
    client.send("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
    const chunk = `400\r\n${"x".repeat(0x400)}\r\n`;
    const drip = setInterval(() => client.send(chunk), 1);
    t.after(() => clearInterval(drip));
    await waitUntil("it is refused", () => /^HTTP\/1\.1 413 [^]*request_too_large/.test(client.received()));
  });
});

test("pipelined requests: answered one after the other, in their order", async (t) => {
  const router = await startBeside(t, {});
  await whileOthersCall(router.url, async () => {
    const client = await openRawClient(t, router.port);
    const models = ["healthy/claude-sonnet-4-5", "healthy/claude-haiku-4-5", "healthy/claude-opus-4-5"];
    client.send(models.map((model) => messagesRequest({ ...asked, model })).join(""));
    await waitUntil("three answers are here", () => client.received().split("HTTP/1.1 ").length === 4);
    await waitUntil("the last one is whole", () => client.received().endsWith("}"));
    assert.deepEqual(
      [...client.received().matchAll(/x-ccr-model: (\S+)/g)].map(([, model]) => `healthy/${model}`),
      models,
    );
  });
});

test("pipelined requests whose client leaves: those that wait for their turn are given up too", async (t) => {
  const router = await startBeside(t, {});
  router.healthy.behave({ fault: { kind: "hang" } });
  const client = await openRawClient(t, router.port);
  client.send(messagesRequest(asked).repeat(3));
  await waitUntil("the first call is at the provider", () => router.healthy.counts().running === 1);
  const askedBefore = router.healthy.counts().requests;
  client.socket.destroy();
  await waitUntil("it is aborted", () => router.healthy.counts().aborted === 1, 1_000);
  await waitUntil("no call is left", async () => (await callsInFlight(router.url)) === 0);
  assert.equal(router.healthy.counts().requests, askedBefore);
});

test("a client that leaves while it waits: the provider's request is aborted within 100 ms", async (t) => {
  const router = await startBeside(t, {});
  router.healthy.behave({ fault: { kind: "hang" } });
  const client = await openRawClient(t, router.port);
  client.send(messagesRequest(asked));
  await waitUntil("the provider works on it", () => router.healthy.counts().running === 1);
  const heldUpMs = watchHeldUpTime(t);
  const leftMs = performance.now();
  client.socket.resetAndDestroy();
  await waitUntil("the provider is told", () => router.healthy.counts().aborted === 1);
  const tookMs = performance.now() - leftMs - heldUpMs();
  assert.ok(tookMs < 100, `${tookMs} ms`);
});

test("a client that leaves in mid-stream: the provider's request is aborted within 100 ms", async (t) => {
  const router = await startBeside(t, {});
  router.healthy.behave({ tokensPerSecond: 50, answerTokens: 2_000 });
  const stream = await openStream(`${router.url}/v1/messages`, { ...asked, stream: true, max_tokens: 4_000 });
  await waitUntil("the stream has begun", () => stream.events.length > 3);
  const heldUpMs = watchHeldUpTime(t);
  const leftMs = performance.now();
  stream.leave();
  await waitUntil("the provider is told", () => router.healthy.counts().aborted === 1);
  const tookMs = performance.now() - leftMs - heldUpMs();
  assert.ok(tookMs < 100, `${tookMs} ms`);
});

test("a client that leaves right at the end of its answer: the call counts as answered, or as left, once", async (t) => {
  const router = await startBeside(t, {});
  const before = await countEnded(router.url);
  for (let call = 0; call < 20; call++) {
    const client = await openRawClient(t, router.port);
    client.send(messagesRequest({ ...asked, stream: call % 2 === 0 }));
    const sign = call % 2 === 0 ? "message_stop" : "stop_reason";
    await waitUntil("the end is near", () => client.received().includes(sign));
    client.socket.destroy();
  }
  await waitUntil("all calls are over", async () => (await callsInFlight(router.url)) === 0);
  assert.equal((await countEnded(router.url)) - before, 20);
});

async function countEnded(url: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  return [...page.matchAll(/^ccr_requests_total\{[^}]*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

test("a client that closes its sending half: it counts as gone, the provider's request is aborted", async (t) => {
  const router = await startBeside(t, {});
  router.healthy.behave({ fault: { kind: "hang" } });
  const client = await openRawClient(t, router.port);
  client.send(messagesRequest(asked));
  await waitUntil("the provider works on it", () => router.healthy.counts().running === 1);
  client.socket.end();
  await waitUntil("the provider is told", () => router.healthy.counts().aborted === 1);
  await client.closed;
  router.healthy.resetBehaviour();
  assert.equal((await post(`${router.url}/v1/messages`, asked)).status, 200);
});

test("a client that reads nothing of a stream: ended by totalMs, the provider's socket is freed", async (t) => {
  const bad = await startRawServer(t, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
    const piece = Buffer.from(`data: {"type":"ping","padding":"${"x".repeat(65_000)}"}\n\n`);
    const push = (): void => {
      while (socket.write(piece));
    };
    socket.on("drain", push);
    push();
  });
  const router = await startBeside(
    t,
    { bad: providerAt(bad.origin, { totalMs: 300 }) },
    { stream: { pingAfterMs: 100 } },
  );
  await whileOthersCall(router.url, async () => {
    const stream = await openStream(`${router.url}/v1/messages`, { ...asked, model: "bad/m", stream: true });
    stream.pause();
    await waitUntil("the provider's socket is closed", () => bad.sockets.size === 0);
    await waitUntil("no call of it is left", async () => (await callsInFlight(router.url)) <= 2);
    stream.leave();
  });
});

test("a connection that is used again right when its announced time is over: still served", async (t) => {
  const settings = { requestTimeoutMs: 5_000, keepAliveMs: 1_000 };
  const server = createHttpServer(settings, (exchange) => exchange.respond(200, [], "served"));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const port = await listen(server, "127.0.0.1", 0);
  const client = await openRawClient(t, port);
  client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await waitUntil("the first answer is here", () => client.received().endsWith("served"));
  assert.match(client.received(), /keep-alive: timeout=1\r\n/i);
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  client.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await waitUntil("the second answer is here", () => client.received().split("served").length === 3);
  await client.closed;
});
