import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { describe, test } from "node:test";
import { GatewayError } from "../core/errors.ts";
import { createUndiciUpstream } from "./upstream-undici.ts";
import type { UndiciUpstreamOptions } from "./upstream-undici.ts";

// Made once by openssl: an authority, and certificates of one key for 127.0.0.1 (good until 2126, or expired since 2021)
// and for another name.
const pem = (name: string): string => readFileSync(new URL(`./testdata/${name}.pem`, import.meta.url), "utf8");
const authority = pem("authority");

interface Served {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

async function serve(server: HttpServer): Promise<Served> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serveTls(certificate: string): Promise<Served> {
  const options = { key: pem("server-key"), cert: pem(certificate) };
  return serve(createHttpsServer(options, (incoming, outgoing) => outgoing.end(`secret of ${incoming.url}`)));
}

async function get(options: Partial<UndiciUpstreamOptions> & { origin: string }): Promise<string> {
  const upstream = createUndiciUpstream({ proxy: null, ca: null, maxSockets: 8, ...options });
  try {
    const timeouts = { connectMs: 5_000, firstByteMs: 5_000, betweenBytesMs: 5_000 };
    const exchange = upstream.send({ method: "GET", path: "/v1/models", headers: {}, body: null, timeouts });
    const answer = await exchange.answer;
    return await new Promise((resolve, reject) => {
      let text = `${answer.head.status} `;
      const onData = (chunk: Uint8Array): unknown => (text += Buffer.from(chunk).toString());
      answer.receive({ onData, onEnd: () => resolve(text), onError: reject });
    });
  } finally {
    await upstream.close();
  }
}

async function assertUnreachable(
  options: Partial<UndiciUpstreamOptions> & { origin: string },
  words: RegExp,
): Promise<void> {
  await assert.rejects(get(options), (error) => {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, "provider_unreachable");
    assert.match(error.message, words);
    return true;
  });
}

describe("a certificate", () => {
  test("of a configured authority is trusted", async () => {
    await using server = await serveTls("server");
    assert.equal(await get({ origin: `https://127.0.0.1:${server.port}`, ca: authority }), "200 secret of /v1/models");
  });

  const refused = [
    { title: "of an unknown authority", certificate: "server", ca: null, words: /unknown authority.*caFile/ },
    { title: "that has expired", certificate: "expired", ca: authority, words: /expired certificate/ },
    { title: "for another name", certificate: "other-name", ca: authority, words: /another name/ },
  ];
  for (const { title, certificate, ca, words } of refused) {
    test(`${title} is refused in words`, async () => {
      await using server = await serveTls(certificate);
      await assertUnreachable({ origin: `https://127.0.0.1:${server.port}`, ca }, words);
    });
  }

  test("is missing where plain HTTP is spoken: said as such", async () => {
    await using server = await serve(createHttpServer((_incoming, outgoing) => outgoing.end()));
    await assertUnreachable({ origin: `https://127.0.0.1:${server.port}` }, /TLS/);
  });
});

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
    const text = await get({ origin, ca: authority, proxy: `http://ann:s3cret@127.0.0.1:${proxy.port}` });
    assert.equal(text, "200 secret of /v1/models");
    const token = Buffer.from("ann:s3cret").toString("base64");
    assert.deepEqual(seen, [`CONNECT 127.0.0.1:${server.port} Basic ${token}`]);
  });

  test("gets plain http as an absolute URL", async () => {
    const seen: string[] = [];
    await using proxy = await serveProxy(seen);
    const text = await get({ origin: "http://provider.invalid", proxy: `http://127.0.0.1:${proxy.port}` });
    assert.equal(text, "200 forwarded");
    assert.deepEqual(seen, ["GET http://provider.invalid/v1/models anonymous"]);
  });

  test("that wants a password is named in the error", async () => {
    await using proxy = await serveProxy([], 407);
    const proxyUrl = `http://127.0.0.1:${proxy.port}`;
    await assertUnreachable({ origin: "https://provider.invalid", proxy: proxyUrl }, /the proxy answered 407/);
    await assertUnreachable({ origin: "http://provider.invalid", proxy: proxyUrl }, /the proxy answered 407/);
  });

  test("that is not there is an unreachable provider", async () => {
    const gone = await serveProxy([]);
    await gone[Symbol.asyncDispose]();
    await assertUnreachable({ origin: "https://provider.invalid", proxy: `http://127.0.0.1:${gone.port}` }, /refused/);
  });
});
