/** How every upstream client unpacks a body that came compressed. */
import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { assertError, read, request } from "./test-exchange.ts";
import type { ClientFor } from "./test-exchange.ts";
import { httpServer } from "./test-servers.ts";

export function testUpstreamCompression(client: ClientFor): void {
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
}
