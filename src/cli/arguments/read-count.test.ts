import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCodes } from "../output/exit-codes.ts";
import { readCount } from "./read-count.ts";

test("reads counts up to both ends of their range", () => {
  assert.deepEqual(
    ["1", "007", "10"].map((text) => readCount("--limit", text, { least: 1, most: 10 })),
    [1, 7, 10],
  );
});

test("what is no count of the range is a wrong command line that says the option, the range and what was given", () => {
  for (const text of ["", "0", "11", "-1", "1.5", "1e1", "0x5", "many"]) {
    assert.throws(() => readCount("--limit", text, { least: 1, most: 10 }), {
      message: `--limit: a whole number from 1 to 10, not ${text}`,
      exitCode: exitCodes.usage,
    });
  }
  const open = { least: 0, most: Number.MAX_SAFE_INTEGER };
  assert.throws(() => readCount("--lines", "x", open), { message: "--lines: a whole number from 0 up, not x" });
});
