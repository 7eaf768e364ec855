import type { IncomingMessage } from "node:http";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import { assertUnreachable, authority, get, serve, serveTls } from "./upstream/upstream-tls.conformance.ts";
import type { Served } from "./upstream/upstream-tls.conformance.ts";
import { createUndiciUpstream } from "./upstream/upstream-undici.ts";
import type { UpstreamClient } from "./upstream/upstream.ts";

function client(origin: string, proxy: string, ca: string | null = null): UpstreamClient {
  return createUndiciUpstream({ origin, proxy, ca, maxSockets: 8 });
}

/** A proxy: tunnels for CONNECT, forwards absolute URLs; `seen` lists what it was asked. */
async function serveProxy(seen: string[], refusal?: number): Promise<Served> {
  const note = ({ method, url, headers }: IncomingMessage): unknown =>
    seen.push(`${method} ${url} ${headers["proxy-authorization"] ?? "anonymous"}`);
  const proxy = createHttpServer((incoming, outgoing) => {
    note(incoming);
    outgoing.writeHead(refusal ?? 200).end("forwarded");
  });
  proxy.on("connect", (incoming: IncomingMessage, socket: Socket) => {
    note(incoming);
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
    const [host, port] = (incoming.url ?? "").split(":");
    const target = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    target.on("error", () => socket.destroy());
    socket.on("error", () => target.destroy());
  });
  return serve(proxy);
}

describe("a proxy", () => {
  test("tunnels https by CONNECT, with its user and password, and never sees the request", async () => {
    const seen: string[] = [];
    await using server = await serveTls("server");
    await using proxy = await serveProxy(seen);
    const origin = `https://127.0.0.1:${server.port}`;
    const text = await get(client(origin, `http://ann:s3cret@127.0.0.1:${proxy.port}`, authority));
    assert.equal(text, "200 secret of /v1/models");
    const token = Buffer.from("ann:s3cret").toString("base64");
    assert.deepEqual(seen, [`CONNECT 127.0.0.1:${server.port} Basic ${token}`]);
  });

  test("gets plain http as an absolute URL", async () => {
    const seen: string[] = [];
    await using proxy = await serveProxy(seen);
    const text = await get(client("http://provider.invalid", `http://127.0.0.1:${proxy.port}`));
    assert.equal(text, "200 forwarded");
    assert.deepEqual(seen, ["GET http://provider.invalid/v1/models anonymous"]);
  });

  test("that lets an interim answer through which undici does not take: a bad answer, not a closed connection", async () => {
    for (const line of ["100 Continue", "101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade"]) {
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.once("data", () => socket.write(`HTTP/1.1 ${line}\r\n\r\n`));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      await assert.rejects(get(client("http://provider.invalid", `http://127.0.0.1:${port}`)), {
        code: "provider_bad_answer",
        message: /did not answer in HTTP\/1\.1: bad (response|upgrade)/,
      });
      server.close();
    }
  });

  test("that wants a password is named in the error", async () => {
    await using proxy = await serveProxy([], 407);
    const proxyUrl = `http://127.0.0.1:${proxy.port}`;
    await assertUnreachable(client("https://provider.invalid", proxyUrl), /the proxy answered 407/);
    await assertUnreachable(client("http://provider.invalid", proxyUrl), /the proxy answered 407/);
  });

  test("that is not there is an unreachable provider", async () => {
    const gone = await serveProxy([]);
    await gone[Symbol.asyncDispose]();
    await assertUnreachable(client("https://provider.invalid", `http://127.0.0.1:${gone.port}`), /refused/);
  });
});
