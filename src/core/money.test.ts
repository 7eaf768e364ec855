import assert from "node:assert/strict";
import { test } from "node:test";
import { formatUsd } from "./money.ts";

test("amounts are written in cents, and smaller ones with three digits and no exponent", () => {
  const written = [0, 1_234_567_890, 10_000_000, 9_999_999, 123_456, 500, 1].map(formatUsd);
  assert.deepEqual(written, ["$0.00", "$1.23", "$0.01", "$0.01", "$0.000123", "$0.0000005", "$0.000000001"]);
});
