import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { millisecondsText } from "./milliseconds-text.ts";

test("milliseconds are written as JavaScript writes them", () => {
  const micros = fc.nat({ max: 2_000_000_000 }).map((value) => value / 1_000);
  const any = fc.double({ noNaN: true, noDefaultInfinity: true });
  const edges = fc.constantFrom(0, -0, 0.001, 0.1, 0.999, 1, 999.999, 1e9, 1e9 + 0.001, 1e21, -0.5);
  fc.assert(fc.property(fc.oneof(micros, any, edges), (ms) => assert.equal(millisecondsText(ms), String(ms))));
});
