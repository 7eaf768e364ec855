/** Which failures of a provider every upstream client tells, before its answer and in its body. */
import { strict as assert } from "node:assert";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import { assertError, failure, patient, read, request } from "./test-exchange.ts";
import type { ClientFor } from "./test-exchange.ts";
import { closedOrigin, httpServer, onRequest, rawServer } from "./test-servers.ts";

export function testUpstreamFailures(client: ClientFor): void {
  describe("a failure before the answer", () => {
    test("refused connection", async () => {
      const origin = await closedOrigin();
      const upstream = client(origin);
      assertError(await failure(upstream.send(request()).answer), "provider_unreachable", /refused.*ECONNREFUSED/);
      await upstream.close();
    });

    test("unknown name", async () => {
      const upstream = client("http://provider.invalid");
      assertError(await failure(upstream.send(request()).answer), "provider_unreachable", /host name/);
      await upstream.close();
    });

    test("reset", async () => {
      const origin = await rawServer(onRequest((socket) => socket.resetAndDestroy()));
      const upstream = client(origin);
      assertError(await failure(upstream.send(request()).answer), "provider_unreachable", /reset the connection/);
      await upstream.close();
    });

    test("closed, also in the middle of the head", async () => {
      for (const bytes of ["", "HTTP/1.1 200 OK\r\nx-half: "]) {
        const origin = await rawServer(onRequest((socket) => socket.end(bytes)));
        const upstream = client(origin);
        assertError(
          await failure(upstream.send(request()).answer),
          "provider_unreachable",
          /closed the connection before/,
        );
        await upstream.close();
      }
    });

    test("no HTTP at all", async () => {
      const origin = await rawServer(onRequest((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n")));
      const upstream = client(origin);
      assertError(await failure(upstream.send(request()).answer), "provider_bad_answer", /HTTP\/1\.1/);
      await upstream.close();
    });

    test("a head without end", async () => {
      const origin = await rawServer(
        onRequest((socket) => socket.write(`HTTP/1.1 200 OK\r\nx-long: ${"x".repeat(100_000)}`)),
      );
      const upstream = client(origin);
      assertError(await failure(upstream.send(request()).answer), "provider_bad_answer", /header/);
      await upstream.close();
    });

    test("nothing within the first-byte limit, to the millisecond", async () => {
      const closed = Promise.withResolvers<void>();
      const origin = await rawServer((socket) => {
        socket.resume();
        socket.on("close", () => closed.resolve());
      });
      const upstream = client(origin);
      const startedMs = performance.now();
      const error = await failure(upstream.send(request({ timeouts: { ...patient, firstByteMs: 70 } })).answer);
      const tookMs = performance.now() - startedMs;
      assertError(error, "provider_timeout", /70 ms.*firstByteMs/);
      assert.ok(tookMs >= 69, `${tookMs} ms is too early`);
      await closed.promise;
      await upstream.close();
    });

    test("a header that cannot be sent is the router's fault", async () => {
      const upstream = client("http://127.0.0.1:9");
      const error = await failure(upstream.send(request({ headers: { "x-bad": "a\nb" } })).answer);
      assertError(error, "router_failed", /x-bad/);
      await upstream.close();
    });

    test("a closed client refuses", async () => {
      const upstream = client("http://127.0.0.1:9");
      await upstream.close();
      assertError(await failure(upstream.send(request()).answer), "router_shutting_down", /closed/);
    });
  });

  describe("a failure in the answer's body", () => {
    const cases = [
      {
        title: "fewer bytes than announced",
        send: (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"),
        code: "provider_cut_answer",
        words: /closed the connection before its answer was complete/,
      },
      {
        title: "chunks without their end",
        send: (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
        code: "provider_cut_answer",
        words: /complete/,
      },
      {
        title: "a chunk that is none",
        send: (socket: Socket) =>
          socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nnonsense\r\n"),
        code: "provider_bad_answer",
        words: /framing/,
      },
      {
        title: "a reset",
        send: (socket: Socket) => {
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", () =>
            setTimeout(() => socket.resetAndDestroy(), 20),
          );
        },
        code: "provider_cut_answer",
        words: /reset the connection/,
      },
    ];
    for (const { title, send, code, words } of cases) {
      test(`${title}: what came, then ${code}`, async () => {
        const origin = await rawServer(onRequest(send));
        const upstream = client(origin);
        const { text, error } = await read(await upstream.send(request()).answer);
        assert.equal(text, "half");
        assertError(error, code, words);
        await upstream.close();
      });
    }

    test("headers and then silence passes the between-bytes limit", async () => {
      const origin = await rawServer(
        onRequest((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")),
      );
      const upstream = client(origin);
      const answer = await upstream.send(request({ timeouts: { ...patient, betweenBytesMs: 60 } })).answer;
      assertError((await read(answer)).error, "provider_timeout", /60 ms.*betweenBytesMs/);
      await upstream.close();
    });

    test("a trickle within the limit goes on, silence after it does not", async () => {
      const origin = await rawServer(
        onRequest((socket) => {
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n");
          let sent = 0;
          const timer = setInterval(() => (sent++ < 6 ? socket.write("x") : clearInterval(timer)), 40);
          socket.on("close", () => clearInterval(timer));
        }),
      );
      const upstream = client(origin);
      const answer = await upstream.send(request({ timeouts: { ...patient, betweenBytesMs: 150 } })).answer;
      const { text, error } = await read(answer);
      assert.equal(text, "xxxxxx");
      assertError(error, "provider_timeout", /fell silent/);
      await upstream.close();
    });

    test("a receiver's own pause is no silence of the provider", async () => {
      const origin = await httpServer((_incoming, outgoing) => outgoing.end("x".repeat(300_000)));
      const upstream = client(origin);
      const answer = await upstream.send(request({ timeouts: { ...patient, betweenBytesMs: 40 } })).answer;
      await new Promise((resolve) => setTimeout(resolve, 120));
      const { text, error } = await read(answer);
      assert.equal(error, null);
      assert.equal(text.length, 300_000);
      await upstream.close();
    });
  });
}
