import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSealPair, seal, unseal } from "./sealed-key.ts";

test("what was sealed for a pair is opened by it, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const pair = createSealPair();
      assert.equal(unseal(seal(text, pair.publicKey), pair), text);
    }),
    { numRuns: 30 },
  );
});

test("another pair opens nothing, nor does the right one after any byte was changed", () => {
  const pair = createSealPair();
  const sealed = seal("ccr_secret", pair.publicKey);
  assert.equal(unseal(sealed, createSealPair()), null);
  const bytes = Buffer.from(sealed, "base64url");
  for (let index = 0; index < bytes.length; index++) {
    const changed = Buffer.from(bytes);
    changed[index]! ^= 1;
    assert.equal(unseal(changed.toString("base64url"), pair), null, `byte ${index}`);
  }
  assert.equal(unseal("", pair), null);
});

test("the same text sealed twice looks different, and never holds the text", () => {
  const { publicKey } = createSealPair();
  const [first, second] = [seal("ccr_secret", publicKey), seal("ccr_secret", publicKey)];
  assert.notEqual(first, second);
  assert.ok(!Buffer.from(first, "base64url").includes("ccr_secret"));
});
