/** What every upstream client promises of an exchange that goes well. */
import { strict as assert } from "node:assert";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import { assertError, failure, patient, read, request } from "./test-exchange.ts";
import type { ClientFor } from "./test-exchange.ts";
import { httpServer, onRequest, rawServer } from "./test-servers.ts";

export function testUpstreamExchange(client: ClientFor): void {
  describe("an exchange", () => {
    test("carries method, path, headers and body there, and status, headers and body back", async () => {
      const origin = await httpServer((incoming, outgoing) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => {
          outgoing.writeHead(201, { "x-twice": ["a", "b"], "request-id": "r1" });
          const { method, url, headers } = incoming;
          outgoing.end(
            JSON.stringify({ method, url, key: headers["x-api-key"], body: Buffer.concat(chunks).toString() }),
          );
        });
      });
      const upstream = client(origin);
      const answer = await upstream.send(
        request({ path: "/v1/messages?beta=true", headers: { "x-api-key": "k" }, body: Buffer.from("hällo") }),
      ).answer;
      assert.equal(answer.head.status, 201);
      assert.equal(answer.head.headers["request-id"], "r1");
      assert.deepEqual(answer.head.headers["x-twice"], ["a", "b"]);
      const { text } = await read(answer);
      assert.deepEqual(JSON.parse(text), { method: "POST", url: "/v1/messages?beta=true", key: "k", body: "hällo" });
      await upstream.close();
    });

    test("reuses connections", async () => {
      let connections = 0;
      const origin = await rawServer((socket) => {
        connections++;
        onRequest(() => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"))(socket);
      });
      const upstream = client(origin);
      for (let i = 0; i < 10; i++) await read(await upstream.send(request()).answer);
      // A request on the heels of an answer finds its socket not free yet, so there may be two.
      assert.ok(connections <= 2, `${connections} connections`);
      assert.equal(upstream.stats().sockets, connections);
      await upstream.close();
    });

    test("hands over the pieces that came before it was received, at once and in order", async () => {
      const origin = await rawServer(
        onRequest((socket) => {
          socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n");
        }),
      );
      const upstream = client(origin);
      const answer = await upstream.send(request()).answer;
      let seen = "";
      answer.receive({
        onData: (chunk) => (seen += Buffer.from(chunk).toString()),
        onEnd: () => (seen += "."),
        onError: (error) => assert.fail(error),
      });
      assert.equal(seen, "abc.");
      await upstream.close();
    });

    test("understands HTTP/1.0 without a length", async () => {
      const origin = await rawServer(onRequest((socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nold but good")));
      const upstream = client(origin);
      assert.equal((await read(await upstream.send(request()).answer)).text, "old but good");
      await upstream.close();
    });

    test("skips informational answers", async () => {
      const origin = await rawServer(
        onRequest((socket) => {
          socket.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        }),
      );
      const upstream = client(origin);
      const answer = await upstream.send(request()).answer;
      assert.equal(answer.head.status, 200);
      assert.equal((await read(answer)).text, "ok");
      await upstream.close();
    });

    test("keeps a second answer to one request from the next call", async () => {
      const one = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst";
      const two = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nextra";
      let requests = 0;
      const origin = await rawServer(onRequest((socket) => socket.write(++requests === 1 ? one + two : one)));
      const upstream = client(origin);
      assert.equal((await read(await upstream.send(request()).answer)).text, "first");
      assert.equal((await read(await upstream.send(request()).answer)).text, "first");
      await upstream.close();
    });

    test("sends nothing more of a request whose answer is complete: its bytes may be given back by then", async () => {
      const body = Buffer.alloc(32_000_000, "x");
      const opened = Promise.withResolvers<Socket>();
      const origin = await rawServer((socket) => {
        socket.once("data", () => {
          socket.pause();
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nearly");
          opened.resolve(socket);
        });
      });
      const { text } = await read(await client(origin).send(request({ body })).answer);
      assert.equal(text, "early");
      const socket = await opened.promise;
      await new Promise<void>((resolve) => {
        socket.once("close", () => resolve());
        socket.on("data", () => {
          if (socket.bytesRead >= body.length) resolve();
        });
        socket.resume();
      });
      assert.ok(socket.bytesRead < body.length);
    });

    test("waits for a socket when all are taken, and blames nobody at the provider where none gets free", async () => {
      const waiting: Socket[] = [];
      const origin = await rawServer(onRequest((socket) => waiting.push(socket)));
      const upstream = client(origin, 1);
      const first = upstream.send(request());
      const second = upstream.send(request({ timeouts: { ...patient, connectMs: 60 } }));
      assertError(
        await failure(second.answer),
        "router_overloaded",
        /All connections .* in use .*maxSockets.*connectMs/,
      );
      waiting[0]?.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      assert.equal((await read(await first.answer)).text, "ok");
      await upstream.close();
      assert.equal(waiting.length, 1, "a request that was given up must not be sent later");
    });
  });
}
