import assert from "node:assert/strict";
import { test } from "node:test";
import { releaseBytes } from "./release-bytes.ts";

test("a large buffer is empty afterwards, for everybody who holds a part of it", () => {
  const bytes = Buffer.allocUnsafeSlow(100_000).fill(1);
  const part = bytes.subarray(10, 20);
  releaseBytes(bytes);
  assert.equal(bytes.length, 0);
  assert.equal(part.length, 0);
});

test("small buffers and parts of a buffer stay: their memory may be others' too", () => {
  const small = Buffer.from("words");
  releaseBytes(small);
  assert.equal(small.toString(), "words");
  const whole = Buffer.allocUnsafeSlow(100_000).fill(7);
  releaseBytes(whole.subarray(0, 50_000));
  assert.equal(whole[99_999], 7);
});

test("memory that is given back is not waited for: the process stays small without a collection", () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let times = 0; times < 20; times++) releaseBytes(Buffer.allocUnsafeSlow(10_000_000).fill(times));
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
});
