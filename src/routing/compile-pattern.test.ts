import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePattern } from "./compile-pattern.ts";

test("letters compare without case, and a star stands for line breaks too", () => {
  assert.equal(compilePattern("*Opus*")("claude-OPUS-5"), true);
  assert.equal(compilePattern("a*b")("a\n\nb"), true);
  assert.equal(compilePattern("*opus*")("claude-haiku-4-5"), false);
});

test("no name, however it is made, keeps a pattern of many stars busy: a client's word must not hold up everybody", () => {
  const matches = compilePattern(`*${"-*".repeat(100)}x`);
  assert.equal(matches("-".repeat(16_000)), false);
  assert.equal(matches(`${"-".repeat(16_000)}x`), true);
});
