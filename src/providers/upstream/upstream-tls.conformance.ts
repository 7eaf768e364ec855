/** What every upstream client promises of TLS; its servers serve the tests of proxies too. */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { describe, test } from "node:test";
import { GatewayError } from "../../core/errors/errors.ts";
import type { CreateClient } from "./upstream.conformance.ts";
import type { UpstreamClient } from "./upstream.ts";

// Made once by openssl: an authority, and certificates of one key for 127.0.0.1 (good until 2126, or expired since 2021)
// and for another name.
const pem = (name: string): string => readFileSync(new URL(`./testdata/${name}.pem`, import.meta.url), "utf8");
export const authority: string = pem("authority");

export interface Served {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function serve(server: HttpServer): Promise<Served> {
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

export function serveTls(certificate: string): Promise<Served> {
  const options = { key: pem("server-key"), cert: pem(certificate) };
  return serve(createHttpsServer(options, (incoming, outgoing) => outgoing.end(`secret of ${incoming.url}`)));
}

/** Status and body of one GET; closes the client. */
export async function get(upstream: UpstreamClient): Promise<string> {
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

export async function assertUnreachable(upstream: UpstreamClient, words: RegExp): Promise<void> {
  await assert.rejects(get(upstream), (error) => {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, "provider_unreachable");
    assert.match(error.message, words);
    return true;
  });
}

export function testUpstreamTls(name: string, create: CreateClient): void {
  const client = (origin: string, ca: string | null = null): UpstreamClient => create({ origin, ca, maxSockets: 8 });

  describe(`${name}: a certificate`, () => {
    test("of a configured authority is trusted", async () => {
      await using server = await serveTls("server");
      assert.equal(await get(client(`https://127.0.0.1:${server.port}`, authority)), "200 secret of /v1/models");
    });

    const refused = [
      { title: "of an unknown authority", certificate: "server", ca: null, words: /unknown authority.*caFile/ },
      { title: "that has expired", certificate: "expired", ca: authority, words: /expired certificate/ },
      { title: "for another name", certificate: "other-name", ca: authority, words: /another name/ },
    ];
    for (const { title, certificate, ca, words } of refused) {
      test(`${title} is refused in words`, async () => {
        await using server = await serveTls(certificate);
        await assertUnreachable(client(`https://127.0.0.1:${server.port}`, ca), words);
      });
    }

    test("is missing where plain HTTP is spoken: said as such", async () => {
      await using server = await serve(createHttpServer((_incoming, outgoing) => outgoing.end()));
      await assertUnreachable(
        client(`https://127.0.0.1:${server.port}`),
        /does not speak TLS \(is it http, not https\?\)/,
      );
    });
  });
}
