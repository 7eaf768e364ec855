import { strict as assert } from "node:assert";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TLSSocket } from "node:tls";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createSocketUpstream } from "./upstream-socket.ts";
import { authority, testUpstreamTls } from "../upstream-tls.conformance.ts";
import { testUpstream } from "../upstream.conformance.ts";
import type { UpstreamClient } from "../upstream.ts";

testUpstream("sockets", createSocketUpstream);
testUpstreamTls("sockets", createSocketUpstream);

async function askFor(upstream: UpstreamClient, body: Uint8Array): Promise<number> {
  const timeouts = { connectMs: 5_000, firstByteMs: 5_000, betweenBytesMs: 5_000 };
  const answer = await upstream.send({ method: "POST", path: "/", headers: {}, body, timeouts }).answer;
  await new Promise<void>((resolve, reject) => {
    answer.receive({ onData: () => undefined, onEnd: resolve, onError: reject });
  });
  return answer.head.status;
}

test("a request on a kept connection that closes under it is not sent again: the provider may have done its work", async () => {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    let isFirst = true;
    socket.on("data", () => {
      requests++;
      if (isFirst) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      else socket.destroy();
      isFirst = false;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstream = createSocketUpstream({ origin, ca: null, maxSockets: 4 });
  assert.equal(await askFor(upstream, Buffer.from("{}")), 200);
  await assert.rejects(askFor(upstream, Buffer.from("{}")), { code: "provider_unreachable" });
  assert.equal(requests, 2);
  await upstream.close();
  server.close();
});

test("a second TLS connection takes up the session of the first, and a large body passes whole", async () => {
  const pem = (name: string): string => readFileSync(new URL(`../testdata/${name}.pem`, import.meta.url), "utf8");
  const resumed: boolean[] = [];
  const protocols: unknown[] = [];
  const bodyBytes = 3_000_000;
  const onSocket = (socket: TLSSocket): void => {
    resumed.push(socket.isSessionReused());
    protocols.push(socket.alpnProtocol);
    let bytes = 0;
    socket.on("error", () => undefined);
    socket.on("data", (data: Buffer) => {
      const head = bytes === 0 ? data.indexOf("\r\n\r\n") + 4 : 0;
      bytes += data.length - head;
      if (bytes === bodyBytes) socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
    });
  };
  const server = createTlsServer(
    { key: pem("server-key"), cert: pem("server"), ALPNProtocols: ["h2", "http/1.1"] },
    onSocket,
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstream = createSocketUpstream({ origin, ca: authority, maxSockets: 1 });
  assert.equal(await askFor(upstream, Buffer.alloc(bodyBytes, "x")), 200);
  assert.equal(await askFor(upstream, Buffer.alloc(bodyBytes, "y")), 200);
  assert.deepEqual(resumed, [false, true]);
  assert.equal(upstream.stats().certificateExpiresAtMs, Date.parse("2126-10-29T22:25:40Z"));
  assert.deepEqual(protocols, ["http/1.1", "http/1.1"]);
  await upstream.close();
  server.close();
});
