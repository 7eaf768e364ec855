/** What every upstream client promises to a receiver that pauses. */
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import { request } from "./test-exchange.ts";
import type { ClientFor } from "./test-exchange.ts";
import { httpServer, onRequest, rawServer } from "./test-servers.ts";

export function testUpstreamPausing(client: ClientFor): void {
  describe("an exchange", () => {
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
}
