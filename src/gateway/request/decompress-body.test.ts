import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { decompressors } from "./decompress-body.ts";

const largeBytes = 4_000_000;

test("of many bodies that come at once four are decompressed, the others wait compressed for their turn", async () => {
  const bomb = brotliCompressSync(Buffer.alloc(largeBytes));
  let done = 0;
  const many = Array.from({ length: 20 }, async () => {
    const { length } = await decompressors["br"]!(bomb, largeBytes);
    done++;
    return length;
  });
  await decompressors["gzip"]!(gzipSync("small"), largeBytes);
  assert.ok(done > 20 - 4);
  assert.deepEqual([...new Set(await Promise.all(many))], [largeBytes]);
});

test("one that does not decompress, or to more than is taken, leaves its turn to the next", async () => {
  const wrong = Array.from({ length: 10 }, (_, index) =>
    index % 2 === 0
      ? assert.rejects(decompressors["gzip"]!(Buffer.from("no gzip"), 10))
      : assert.rejects(decompressors["gzip"]!(gzipSync("too much for it"), 10), { code: "ERR_BUFFER_TOO_LARGE" }),
  );
  assert.equal((await decompressors["gzip"]!(gzipSync("fits"), 10)).toString(), "fits");
  await Promise.all(wrong);
});
