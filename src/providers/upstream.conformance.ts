/**
 * What every upstream client promises, whatever it is made of: run by the test of each. One list, however long: a promise left
 * out of one client's test would be found by nobody.
 */
import { strict as assert } from "node:assert";
import { createServer as createHttpServer } from "node:http";
import type { RequestListener, Server as HttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { after, describe, test } from "node:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { GatewayError } from "../core/errors.ts";
import type { UpstreamAnswer, UpstreamClient, UpstreamRequest } from "./upstream.ts";

const patient = { connectMs: 5_000, firstByteMs: 5_000, betweenBytesMs: 5_000 };
const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

/** A server of raw TCP: what HTTP libraries refuse to send. */
async function rawServer(onSocket: (socket: Socket) => void): Promise<string> {
  return listen(
    createServer((socket) => {
      socket.on("error", () => undefined);
      onSocket(socket);
    }),
  );
}

/** A raw server that reads one request's head, then acts. */
function onRequest(act: (socket: Socket, request: string) => void): (socket: Socket) => void {
  return (socket) => {
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      const request = text;
      text = "";
      act(socket, request);
    });
  };
}

async function httpServer(listener: RequestListener): Promise<string> {
  return listen(createHttpServer(listener));
}

async function listen(server: Server | HttpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function request(changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: "POST",
    path: "/v1/messages",
    headers: { "content-type": "application/json" },
    body: Buffer.from("{}"),
    timeouts: patient,
    ...changes,
  };
}

/** All of an answer's body, or the error that ended it with what came before. */
function read(answer: UpstreamAnswer): Promise<{ text: string; error: Error | null }> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    const text = (): string => Buffer.concat(chunks).toString();
    answer.receive({
      onData: (chunk) => chunks.push(chunk),
      onEnd: () => resolve({ text: text(), error: null }),
      onError: (error) => resolve({ text: text(), error }),
    });
  });
}

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GatewayError, `expected a GatewayError, got ${String(error)}`);
  return error;
}

function assertError(error: Error | null, code: string, words: RegExp): void {
  assert.ok(error instanceof GatewayError, `expected a GatewayError, got ${String(error)}`);
  assert.equal(error.code, code);
  assert.match(error.message, words);
}

/** Makes a client for one origin, without a proxy. */
export type CreateClient = (options: { origin: string; ca: string | null; maxSockets: number }) => UpstreamClient;

export function testUpstream(name: string, create: CreateClient): void {
  const client = (origin: string, maxSockets = 64): UpstreamClient => create({ origin, ca: null, maxSockets });

  describe(`${name}:`, () => {
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

      test("gives nothing to a receiver that paused until it resumes, the end included", async () => {
        const origin = await rawServer(
          onRequest((socket) => {
            socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n");
            setTimeout(() => socket.end("1\r\nb\r\n1\r\nc\r\n0\r\n\r\n"), 20);
          }),
        );
        const upstream = client(origin);
        const answer = await upstream.send(request()).answer;
        let seen = "";
        let isPaused = false;
        const see = (what: string): void => {
          assert.equal(isPaused, false, `${what} came while it paused`);
          seen += what;
        };
        answer.receive({
          onData: (chunk) => {
            see(Buffer.from(chunk).toString());
            answer.pause();
            isPaused = true;
          },
          onEnd: () => see("."),
          onError: (error) => assert.fail(error),
        });
        while (!seen.endsWith(".")) {
          await new Promise((resolve) => setTimeout(resolve, 10));
          isPaused = false;
          answer.resume();
        }
        assert.equal(seen, "abc.");
        await upstream.close();
      });

      test("survives a receiver that pauses and resumes within one piece", async () => {
        const origin = await rawServer(
          onRequest((socket) => {
            socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n");
          }),
        );
        const upstream = client(origin);
        const answer = await upstream.send(request()).answer;
        let seen = "";
        answer.receive({
          onData: (chunk) => {
            answer.pause();
            seen += Buffer.from(chunk).toString();
            answer.resume();
          },
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
            socket.write(
              "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            );
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

    describe("a failure before the answer", () => {
      test("refused connection", async () => {
        const server = createServer();
        const origin = await listen(server);
        await cleanups.pop()?.();
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

    describe("a body that came compressed", () => {
      const text = JSON.stringify({ hello: "wörld", more: "x".repeat(5_000) });
      const packed = { gzip: gzipSync(text), br: brotliCompressSync(text), zstd: zstdCompressSync(text) };
      for (const [encoding, bytes] of Object.entries(packed)) {
        test(`${encoding} is unpacked, and the headers say nothing of it`, async () => {
          const origin = await httpServer((_incoming, outgoing) => {
            outgoing.writeHead(200, { "content-encoding": encoding, "content-length": bytes.length });
            outgoing.end(bytes);
          });
          const upstream = client(origin);
          const answer = await upstream.send(request()).answer;
          assert.equal(answer.head.headers["content-encoding"], undefined);
          assert.equal(answer.head.headers["content-length"], undefined);
          assert.deepEqual(await read(answer), { text, error: null });
          await upstream.close();
        });
      }

      test("cut short is a cut answer", async () => {
        const origin = await httpServer((_incoming, outgoing) => {
          outgoing.writeHead(200, { "content-encoding": "gzip" });
          outgoing.end(packed.gzip.subarray(0, packed.gzip.length - 12));
        });
        const upstream = client(origin);
        assertError((await read(await upstream.send(request()).answer)).error, "provider_cut_answer", /gzip/);
        await upstream.close();
      });

      test("that is none, or of an unknown kind, is a bad answer", async () => {
        for (const encoding of ["gzip", "snappy", "constructor"]) {
          const origin = await httpServer((_incoming, outgoing) => {
            outgoing.writeHead(200, { "content-encoding": encoding });
            outgoing.end("plain");
          });
          const upstream = client(origin);
          const { error } = await read(await upstream.send(request()).answer);
          assertError(error, "provider_bad_answer", new RegExp(encoding));
          await upstream.close();
        }
      });

      test("reaches a paused reader only after it resumes", async () => {
        const big = "y".repeat(3_000_000);
        const origin = await httpServer((_incoming, outgoing) => {
          outgoing.writeHead(200, { "content-encoding": "gzip" });
          outgoing.end(gzipSync(big));
        });
        const upstream = client(origin);
        const answer = await upstream.send(request()).answer;
        let length = 0;
        let isPaused = false;
        await new Promise<void>((resolve, reject) => {
          answer.receive({
            onData: (chunk) => {
              assert.equal(isPaused, false);
              length += chunk.length;
              isPaused = true;
              answer.pause();
              setImmediate(() => {
                isPaused = false;
                answer.resume();
              });
            },
            onEnd: resolve,
            onError: reject,
          });
        });
        assert.equal(length, big.length);
        await upstream.close();
      });
    });

    test("a paused receiver holds a large answer back at the provider: memory stays bounded", async () => {
      const piece = Buffer.alloc(1_048_576, "z");
      let sentBytes = 0;
      const origin = await httpServer((_incoming, outgoing) => {
        const more = (): void => {
          while (sentBytes < 1_024 * piece.length) {
            sentBytes += piece.length;
            if (!outgoing.write(piece)) return void outgoing.once("drain", more);
          }
          outgoing.end();
        };
        more();
      });
      const upstream = client(origin);
      const answer = await upstream.send(request()).answer;
      let receivedBytes = 0;
      await new Promise<void>((resolve, reject) => {
        answer.receive({
          onData: (chunk) => {
            receivedBytes += chunk.length;
            if (receivedBytes > 2 * piece.length && receivedBytes - chunk.length <= 2 * piece.length) {
              answer.pause();
              const seenBytes = receivedBytes;
              setTimeout(() => {
                assert.equal(receivedBytes, seenBytes);
                // What the kernel's socket buffers hold is a few MB on each side.
                assert.ok(sentBytes < 40 * piece.length, `the provider could send ${sentBytes} bytes`);
                answer.resume();
              }, 150);
            }
          },
          onEnd: resolve,
          onError: reject,
        });
      });
      assert.equal(receivedBytes, 1_024 * piece.length);
      await upstream.close();
    });
  });
}
