import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodeAnswer, decodeHead, encodeAnswer, preambleBytes } from "./answer-codec.ts";
import { keptAnswer } from "./test-answer.ts";

const body = Buffer.from("x".repeat(1_000));

/** An answer as bytes whose head has been changed. */
async function withHead(change: Readonly<Record<string, unknown>>): Promise<Buffer> {
  const bytes = await encodeAnswer(keptAnswer(), 1e9);
  const head = decodeHead(bytes)!;
  const changed = Buffer.from(JSON.stringify({ ...head.fields, ...change }));
  const preamble = Buffer.from(bytes.subarray(0, preambleBytes));
  preamble.writeUInt32BE(changed.byteLength, 2);
  return Buffer.concat([preamble, changed, bytes.subarray(preambleBytes + head.bytes)]);
}

test("an answer comes back as it was, compressed above the bound only", async () => {
  const answer = keptAnswer({ body });
  const plain = await encodeAnswer(answer, body.byteLength);
  const compressed = await encodeAnswer(answer, body.byteLength - 1);
  assert.deepEqual([plain[1], compressed[1]], [0, 1]);
  assert.ok(compressed.byteLength < plain.byteLength - 900);
  for (const bytes of [plain, compressed]) assert.deepEqual(await decodeAnswer(bytes), answer);
  const empty = keptAnswer({ body: Buffer.alloc(0) });
  for (const above of [0, -1]) assert.deepEqual(await decodeAnswer(await encodeAnswer(empty, above)), empty);
});

test("an answer that was cut, or has more than it says, is none", async () => {
  for (const compressAbove of [0, 1e9]) {
    const bytes = await encodeAnswer(keptAnswer({ body }), compressAbove);
    for (let end = 0; end < bytes.byteLength; end++) assert.equal(await decodeAnswer(bytes.subarray(0, end)), null);
  }
  const plain = await encodeAnswer(keptAnswer({ body }), 1e9);
  assert.equal(await decodeAnswer(Buffer.concat([plain, Buffer.from("y")])), null);
  const lying = await withHead({ bodyBytes: 3 });
  lying[1] = 1;
  assert.equal(await decodeAnswer(lying), null);
});

test("another version's answer is none, nor is one whose head lacks what a look-up relies on", async () => {
  const bytes = await encodeAnswer(keptAnswer(), 1e9);
  bytes[0] = 2;
  assert.equal(await decodeAnswer(bytes), null);
  assert.ok((await decodeAnswer(await withHead({ more: 1 }))) !== null);
  for (const change of [
    { target: null },
    { target: { provider: "p" } },
    { target: { model: "m" } },
    { facts: null },
    { facts: [] },
    { facts: {} },
    { facts: { usage: { output: 5 } } },
    { pace: {} },
    { dialect: "morse" },
    { dialect: null },
    { bodyBytes: "18" },
    { keptAtMs: null },
    { expiresAtMs: "later" },
  ]) {
    assert.equal(await decodeAnswer(await withHead(change)), null, JSON.stringify(change));
  }
});

test("whatever bytes come, the answer is one or none", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.boolean(), async (bytes, isOurs) => {
      const preamble = isOurs ? [1, bytes.length % 2, 0, 0, 0, bytes.length >> 1] : [];
      assert.equal(await decodeAnswer(Buffer.from([...preamble, ...bytes])), null);
    }),
  );
});
