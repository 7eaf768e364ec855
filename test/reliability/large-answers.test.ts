/** Answers without measure: they pass through in bounded memory. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { test } from "node:test";
import { startRouter } from "../kit/router-process.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { startRawServer } from "./raw-sockets.ts";
import { post, providerAt, question, simulate, startBeside, whileOthersCall } from "./steady-callers.ts";

const isFull = process.env["CCR_RELIABILITY"] === "full";
const answerBytes = isFull ? 1_000_000_000 : 128_000_000;
/** Far less than the answer. Pieces that have gone out wait for V8's collector: 110 to 250 MB of them at full speed. */
const growthLimitMb = isFull ? 400 : 100;

test("a provider that sends 1 GB: it passes in bounded memory", async (t) => {
  const piece = Buffer.from(`data: {"type":"ping","padding":"${"x".repeat(65_000)}"}\n\n`);
  const bad = await startRawServer(t, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
    let sent = 0;
    const push = (): void => {
      for (; sent < answerBytes; sent += piece.length) if (!socket.write(piece)) return;
      socket.end();
    };
    socket.on("drain", () => {
      sent += piece.length;
      push();
    });
    push();
  });
  const healthy = await simulate(t);
  const router = await startRouter(t, {
    configuration: {
      providers: {
        bad: providerAt(bad.origin, { firstByteMs: 10_000, betweenBytesMs: 10_000 }),
        healthy: { kind: "anthropic", baseUrl: healthy.baseUrl, apiKey: "h" },
      },
    },
  });
  await whileOthersCall(router.url, async () => {
    const before = peakMb(router.pid);
    const received = await countBytes(`${router.url}/v1/messages`);
    assert.ok(received >= answerBytes, `${received} bytes came through`);
    assert.ok(peakMb(router.pid) - before < growthLimitMb, `${peakMb(router.pid) - before} MB more at the peak`);
  });
});

/** Bytes of an answer that is read and thrown away. */
function countBytes(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: "POST", agent: false }, (answer) => {
      let bytes = 0;
      answer.on("data", (data: Buffer) => (bytes += data.length));
      answer.on("close", () => resolve(bytes));
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify({ ...question, model: "bad/m", stream: true }));
  });
}

/** The most that the process ever held. */
function peakMb(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

test("a provider that sends an event without end, to be translated: given up beyond 16 MiB, with an error event", async (t) => {
  const bad = await startRawServer(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {"type":"');
    const piece = Buffer.alloc(65_536, "x");
    const push = (): void => {
      while (socket.write(piece));
    };
    socket.on("drain", push);
    push();
  });
  const router = await startBeside(t, { bad: providerAt(bad.origin, { totalMs: 10_000 }) }, {});
  await whileOthersCall(router.url, async () => {
    const body = { ...question, model: "bad/m", stream: true };
    const { status, text } = await post(`${router.url}/v1/chat/completions`, body, {}, 8_000);
    assert.ok(status >= 500 || text.includes('"error"'), `${status} ${text.slice(0, 300)}`);
    await waitUntil("the provider's socket is closed", () => bad.sockets.size === 0);
  });
});
