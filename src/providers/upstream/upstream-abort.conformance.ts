/** What every upstream client does with a request that is given up. */
import { strict as assert } from "node:assert";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import { assertError, failure, read, request } from "./test-exchange.ts";
import type { ClientFor } from "./test-exchange.ts";
import { onRequest, rawServer } from "./test-servers.ts";

export function testUpstreamAbort(client: ClientFor): void {
  describe("abort", () => {
    test("before the answer: the waiter hears caller_gone and the provider's socket closes within 100 ms", async () => {
      const arrived = Promise.withResolvers<void>();
      const closed = Promise.withResolvers<number>();
      const origin = await rawServer((socket) => {
        socket.on("data", () => arrived.resolve());
        socket.on("close", () => closed.resolve(performance.now()));
      });
      const upstream = client(origin);
      const exchange = upstream.send(request());
      const error = failure(exchange.answer);
      await arrived.promise;
      const abortedAtMs = performance.now();
      exchange.abort();
      exchange.abort();
      assertError(await error, "caller_gone", /given up/);
      const tookMs = (await closed.promise) - abortedAtMs;
      assert.ok(tookMs < 100, `took ${tookMs} ms`);
      await upstream.close();
    });

    test("in mid-answer: no callback follows, the provider notices", async () => {
      const noticed = Promise.withResolvers<void>();
      const origin = await rawServer((socket) => {
        let timer: NodeJS.Timeout | undefined;
        onRequest(() => {
          socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
          timer = setInterval(() => socket.write("5\r\nhello\r\n"), 1);
        })(socket);
        socket.on("close", () => {
          clearInterval(timer);
          noticed.resolve();
        });
      });
      const upstream = client(origin);
      const exchange = upstream.send(request());
      const answer = await exchange.answer;
      let callsAfter = 0;
      let isAborted = false;
      const count = (): void => {
        if (isAborted) callsAfter++;
      };
      await new Promise<void>((resolve) => {
        answer.receive({
          onData: () => {
            count();
            exchange.abort();
            isAborted = true;
            resolve();
          },
          onEnd: count,
          onError: count,
        });
      });
      await noticed.promise;
      assert.equal(callsAfter, 0);
      await upstream.close();
    });

    test("without anybody waiting for the answer is no unhandled rejection", async () => {
      const origin = await rawServer((socket) => socket.resume());
      const upstream = client(origin);
      upstream.send(request()).abort();
      await new Promise((resolve) => setImmediate(resolve));
      await upstream.close();
    });

    test("of a request that waits for a socket leaves the socket to others", async () => {
      let connections = 0;
      const sockets: Socket[] = [];
      const origin = await rawServer((socket) => {
        connections++;
        onRequest(() => sockets.push(socket))(socket);
      });
      const upstream = client(origin, 1);
      const first = upstream.send(request());
      const second = upstream.send(request());
      const third = upstream.send(request());
      second.abort();
      await failure(second.answer);
      const reply = (): unknown => sockets.shift()?.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
      reply();
      await read(await first.answer);
      while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
      reply();
      await read(await third.answer);
      assert.equal(connections, 1);
      await upstream.close();
    });
  });
}
