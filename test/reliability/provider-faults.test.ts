/** What becomes of calls whose provider goes wrong, and that calls to other providers do not notice. */
import assert from "node:assert/strict";
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { openStream } from "../kit/sse-client.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { startRawServer } from "./raw-sockets.ts";
import { healthyModel, post, providerAt, question, simulate, startBeside, whileOthersCall } from "./steady-callers.ts";
import type { Reply, RouterBeside } from "./steady-callers.ts";

const asked = { model: "bad/m", ...question };
const certificates = new URL("../../src/providers/upstream/testdata/", import.meta.url);

/** Asks for the bad target alone, then for the bad one with the healthy one behind it, while others call. */
async function fail(router: RouterBeside, body: object = asked): Promise<Reply> {
  return whileOthersCall(router.url, async () => {
    const failed = await post(`${router.url}/v1/messages`, body);
    const rescued = await post(`${router.url}/v1/messages`, { ...body, model: "bad-then-healthy" });
    assert.equal(rescued.status, 200, rescued.text);
    assert.equal(rescued.headers["x-ccr-provider"], "healthy");
    return failed;
  });
}

const plan = { aliases: { "bad-then-healthy": ["bad/m", healthyModel] }, breaker: { failureThreshold: 1_000 } };

test("a provider that refuses connections: 502 in words, or the next target", async (t) => {
  const gone = await simulate(t);
  await gone.stopListening();
  const failed = await fail(await startBeside(t, { bad: providerAt(gone.origin) }, plan));
  assert.equal(failed.status, 502);
  assert.match(failed.text, /refused the connection/);
});

test("a provider that resets connections: 502 in words, or the next target", async (t) => {
  const bad = await startRawServer(t, (socket) => socket.resetAndDestroy());
  const failed = await fail(await startBeside(t, { bad: providerAt(bad.origin) }, plan));
  assert.equal(failed.status, 502);
  assert.match(failed.text, /reset the connection/);
});

test("a provider that never answers: 504 after firstByteMs, or the next target", async (t) => {
  const bad = await startRawServer(t, () => undefined);
  const failed = await fail(await startBeside(t, { bad: providerAt(bad.origin, { firstByteMs: 100 }) }, plan));
  assert.equal(failed.status, 504);
  assert.match(failed.text, /nothing within 100 ms/);
  await waitUntil("its sockets are closed", () => bad.sockets.size === 0);
});

test("a provider that never answers within totalMs: 504 then, or the next target", async (t) => {
  const bad = await startRawServer(t, () => undefined);
  const stream = { pingAfterMs: 50 };
  const router = await startBeside(t, { bad: providerAt(bad.origin, { totalMs: 200 }) }, { ...plan, stream });
  const failed = await fail(router);
  assert.equal(failed.status, 504);
  assert.match(failed.text, /totalMs/);
  await waitUntil("its sockets are closed", () => bad.sockets.size === 0);
});

test("a provider that sends headers only: pings, then an error event after betweenBytesMs", async (t) => {
  const bad = await startRawServer(t, (socket) =>
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"),
  );
  const router = await startBeside(
    t,
    { bad: providerAt(bad.origin, { betweenBytesMs: 200 }) },
    { stream: { pingAfterMs: 50 } },
  );
  const failed = await whileOthersCall(router.url, () => post(`${router.url}/v1/messages`, { ...asked, stream: true }));
  assert.ok(failed.isWhole);
  assert.match(failed.text, /^event: ping\n[^]*event: error\ndata: .*fell silent[^\n]*\n\n$/);
  await waitUntil("its socket is closed", () => bad.sockets.size === 0);
});

test("a provider that trickles byte by byte: whole events pass, pings in between, ended by totalMs, and its request aborted", async (t) => {
  const bad = await startRawServer(t, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {}\n\n");
    const timer = setInterval(() => socket.write("x"), 20);
    socket.on("close", () => clearInterval(timer));
  });
  const router = await startBeside(
    t,
    { bad: providerAt(bad.origin, { totalMs: 400 }) },
    { stream: { pingAfterMs: 40 } },
  );
  const failed = await whileOthersCall(router.url, () => post(`${router.url}/v1/messages`, { ...asked, stream: true }));
  assert.match(failed.text, /^data: \{\}\n\nevent: ping\n/);
  assert.match(failed.text, /event: error\ndata: .*totalMs[^\n]*\n\n$/);
  await waitUntil("its socket is closed", () => bad.sockets.size === 0);
});

test("a provider that ends early: an error event, never a made-up end", async (t) => {
  const bad = await simulate(t);
  bad.behave({ fault: { kind: "early-end", afterFrames: 4 } });
  const router = await startBeside(t, { bad: providerAt(bad.origin, {}, { models: ["claude-sonnet-4-5"] }) });
  const failed = await whileOthersCall(router.url, () =>
    post(`${router.url}/v1/messages`, { ...asked, model: "bad/claude-sonnet-4-5", stream: true }),
  );
  assert.match(failed.text, /event: error\n/);
  assert.doesNotMatch(failed.text, /message_stop/);
});

test("a failure that is told within a stream, under status 200: no success in the metrics, in either dialect", async (t) => {
  const early = await simulate(t);
  early.behave({ fault: { kind: "early-end", afterFrames: 4 } });
  const start = `event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n`;
  const overloaded = `event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`;
  const late = await startRawServer(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n${start}`);
    setTimeout(() => socket.end(overloaded), 20);
  });
  const router = await startBeside(t, {
    early: providerAt(early.origin, {}, { models: ["claude-sonnet-4-5"] }),
    late: providerAt(late.origin),
  });
  for (const model of ["early/claude-sonnet-4-5", "late/m"]) {
    for (const path of ["/v1/messages", "/v1/chat/completions"]) {
      const { status, text } = await post(router.url + path, { ...question, model, stream: true });
      assert.equal(status, 200, text);
      assert.match(text, /"error"/);
    }
  }
  const page = await (await fetch(`${router.url}/metrics`)).text();
  const counted = [...page.matchAll(/^ccr_call_outcomes_total\{[^}]*outcome="(\w+)"[^}]*\} ([1-9]\d*)$/gm)];
  assert.deepEqual(new Set(counted.map(([, outcome]) => outcome)), new Set(["cut"]));
  const sum = counted.reduce((total, [, , count]) => total + Number(count), 0);
  assert.equal(sum, 4);
});

const wholeAnswer = (text: string): string =>
  JSON.stringify({ type: "message", role: "assistant", content: [{ type: "text", text }], stop_reason: "end_turn" });

function http(body: string, version = "1.1", headers = `content-length: ${body.length}\r\n`): string {
  return `HTTP/${version} 200 OK\r\ncontent-type: application/json\r\n${headers}\r\n${body}`;
}

test("a provider that sends two answers: the second one reaches nobody", async (t) => {
  let calls = 0;
  const bad = await startRawServer(t, (socket) => {
    calls++;
    socket.write(http(wholeAnswer(`first to ${calls}`)) + http(wholeAnswer("second")));
  });
  const router = await startBeside(t, { bad: providerAt(bad.origin) });
  await whileOthersCall(router.url, async () => {
    for (let call = 1; call <= 5; call++) {
      const { status, text } = await post(`${router.url}/v1/messages`, asked);
      assert.equal(status, 200, text);
      assert.match(text, new RegExp(`first to ${call}`));
    }
  });
});

test("a provider that speaks HTTP/1.0: its answer ends with its connection and is served", async (t) => {
  const bad = await startRawServer(t, (socket) => socket.end(http(wholeAnswer("old"), "1.0", "")));
  const router = await startBeside(t, { bad: providerAt(bad.origin) });
  const { status, text } = await whileOthersCall(router.url, () => post(`${router.url}/v1/messages`, asked));
  assert.equal(status, 200);
  assert.match(text, /old/);
});

test("a provider with odd bytes in its headers: they are passed on as they came or left out, and the answer is served", async (t) => {
  const body = wholeAnswer("odd");
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-latin: Gr\u00fc\u00dfe\r\nx-emoji: `;
  const bad = await startRawServer(t, (socket) => {
    socket.write(Buffer.from(head, "latin1"));
    socket.write(Buffer.from(`😀\r\nx-tab: a\tb\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
  });
  const router = await startBeside(t, { bad: providerAt(bad.origin) });
  const { status, headers, text } = await whileOthersCall(router.url, () => post(`${router.url}/v1/messages`, asked));
  assert.equal(status, 200, text);
  assert.match(text, /odd/);
  assert.equal(headers["x-tab"], "a\tb");
});

/** An https provider on this machine with a certificate of src/providers/upstream/testdata. */
async function startTlsProvider(t: TestContext, certificate: string): Promise<string> {
  const key = readFileSync(new URL("server-key.pem", certificates));
  const cert = readFileSync(new URL(certificate, certificates));
  const server = createTlsServer({ key, cert }, (_, response) => response.end(wholeAnswer("over TLS")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

test("a provider with an expired certificate: 502 in words, or the next target", async (t) => {
  const caFile = new URL("authority.pem", certificates).pathname;
  const origin = await startTlsProvider(t, "expired.pem");
  const failed = await fail(await startBeside(t, { bad: providerAt(origin, {}, { caFile }) }, plan));
  assert.equal(failed.status, 502);
  assert.match(failed.text, /expired certificate/);
});

test("a provider with a certificate of an unknown authority: 502 that names caFile, or the next target", async (t) => {
  const origin = await startTlsProvider(t, "server.pem");
  const failed = await fail(await startBeside(t, { bad: providerAt(origin) }, plan));
  assert.equal(failed.status, 502);
  assert.match(failed.text, /unknown authority \(set `caFile` to trust it\)/);
});

test("a proxy that refuses: 502 that says so, or the next target", async (t) => {
  const proxy = await startRawServer(t, (socket) => socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"));
  const bad = providerAt("https://provider.invalid", {}, { proxy: proxy.origin });
  const failed = await fail(await startBeside(t, { bad }, plan));
  assert.equal(failed.status, 502);
  assert.match(failed.text, /the proxy answered 403/);
});

/** Leads `name` to the address that `addressOf` gives at the time. */
function leadName(t: TestContext, name: string, addressOf: () => string): void {
  const real = dns.lookup as (host: string, ...rest: unknown[]) => void;
  t.mock.method(dns, "lookup", (host: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) => {
    if (host !== name) return real(host, options, done);
    const address = addressOf();
    return options.all === true ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
  });
}

test("a provider that moves to another address behind its name: followed when the old one closes, else within five minutes", async (t) => {
  const answerAs = (name: string) => (socket: Socket) => void socket.write(http(wholeAnswer(name)));
  const old = await startRawServer(t, answerAs("old"), { host: "127.0.0.2" });
  await startRawServer(t, answerAs("new"), { host: "127.0.0.3", port: old.port });
  let address = "127.0.0.2";
  let addedMs = 0;
  leadName(t, "provider.test", () => address);
  const { now } = Date;
  t.mock.method(Date, "now", () => now() + addedMs);
  const router = await startBeside(t, { bad: providerAt(`http://provider.test:${old.port}`) });
  const ask = async (): Promise<string> =>
    /old|new/.exec((await post(`${router.url}/v1/messages`, asked)).text)?.[0] ?? "";
  assert.equal(await ask(), "old");
  address = "127.0.0.3";
  assert.equal(await ask(), "old", "a connection in use is kept");
  for (const socket of old.sockets) socket.end();
  await waitUntil("the new address is asked", async () => (await ask()) === "new");
  address = "127.0.0.2";
  assert.equal(await ask(), "new");
  addedMs = 301_000;
  assert.equal(await ask(), "old", "an old connection is not kept for ever");
});

test("a provider that sends without end to a client that reads nothing: it is held back, memory stays bounded", async (t) => {
  let sent = 0;
  let sentAtMs = Infinity;
  const piece = Buffer.from(`data: {"type":"ping","padding":"${"x".repeat(65_000)}"}\n\n`);
  const bad = await startRawServer(t, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
    const push = (): void => {
      do sent += piece.length;
      while (socket.write(piece));
      sentAtMs = performance.now();
    };
    socket.on("drain", push);
    push();
  });
  const router = await startBeside(t, { bad: providerAt(bad.origin) });
  await whileOthersCall(router.url, async () => {
    const stream = await openStream(`${router.url}/v1/messages`, { ...asked, stream: true });
    stream.pause();
    await waitUntil("no more gets through", () => performance.now() - sentAtMs > 400);
    // What the kernel's own buffers hold on both sides, and little of ours.
    assert.ok(sent < 40_000_000, `${sent} bytes went out to nobody`);
    stream.leave();
    await waitUntil("the provider's socket is closed", () => bad.sockets.size === 0);
  });
});
