import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCodes } from "../output/exit-codes.ts";
import { readStretch, readWatch } from "./read-span.ts";

test("reads spans with a unit, in milliseconds", () => {
  assert.deepEqual(
    ["250ms", "1.5s", "5m", "2h", "1d"].map((text) => readWatch("--watch", text)),
    [250, 1_500, 300_000, 7_200_000, 86_400_000],
  );
  assert.equal(readStretch("--window", "30d"), 30 * 86_400_000);
});

test("what is no span, or longer than makes sense, is a wrong command line that names the option", () => {
  for (const text of ["", "5", "x", "-1s", "0s", "1e3s", "5 m"]) {
    assert.throws(() => readWatch("--watch", text), { message: /^--watch: a span such as/, exitCode: exitCodes.usage });
  }
  // A timer of more than 24.8 days would end at once.
  assert.throws(() => readWatch("--watch", "25d"), { message: "--watch: at most 1d, not 25d" });
  assert.throws(() => readStretch("--window", "9999d"), { message: "--window: at most 366d, not 9999d" });
});
