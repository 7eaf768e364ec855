import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { matchesPattern } from "./pattern.ts";

test("a star stands for any characters, none among them, and nothing else is special", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 8 });
  const name = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 12 });
  fc.assert(
    fc.property(text, name, (pattern, value) => {
      const parts = pattern.split("*").map((part) => part.replaceAll(".", "\\."));
      assert.equal(matchesPattern(pattern, value), new RegExp(`^${parts.join(".*")}$`).test(value));
    }),
    { numRuns: 3_000 },
  );
});

test("case counts", () => {
  assert.equal(matchesPattern("GPT-*", "gpt-5"), false);
});
