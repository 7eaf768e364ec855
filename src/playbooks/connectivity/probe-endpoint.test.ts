import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { probeEndpoint } from "./probe-endpoint.ts";

test("a server that takes the connection and then says nothing costs the limit, not longer", async (t) => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => void silent.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const origin = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { dns, tcp, tls } = await probeEndpoint({ origin, proxy: null, ca: null }, 200);
  assert.deepEqual([dns.kind, tcp.kind, tls.kind], ["done", "done", "failed"]);
  assert.match(tls.kind === "failed" ? tls.reason : "", /nothing within 200 ms/);
});

test("what speaks no TLS, a port without a listener and an unknown name each fail in words", async (t) => {
  const plain = createServer((socket) => socket.on("error", () => undefined).end("SSH-2.0-x\r\n"));
  await new Promise<void>((resolve) => void plain.listen(0, "127.0.0.1", resolve));
  t.after(() => void plain.close());
  const probe = (origin: string): ReturnType<typeof probeEndpoint> =>
    probeEndpoint({ origin, proxy: null, ca: null }, 3_000);
  const { tls } = await probe(`https://127.0.0.1:${(plain.address() as AddressInfo).port}`);
  assert.match(tls.kind === "failed" ? tls.reason : "", /^does not speak TLS \(is it http, not https\?\)/);
  const { tcp } = await probe("http://127.0.0.1:9");
  assert.match(tcp.kind === "failed" ? tcp.reason : "", /nothing listens there/);
  const { dns } = await probe("https://no-such-host.invalid");
  assert.equal(dns.kind, "failed");
});

test("behind a proxy the way to the proxy is what is looked at", async (t) => {
  const proxy = createServer((socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => void proxy.close());
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { tcp, tls } = await probeEndpoint({ origin: "https://no-such-host.invalid", proxy: address, ca: null }, 3_000);
  assert.deepEqual([tcp.kind, tls.kind], ["done", "left-out"]);
});
