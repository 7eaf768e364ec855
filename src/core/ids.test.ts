import assert from "node:assert/strict";
import { test } from "node:test";
import { createCallId } from "./ids.ts";

test("ids of calls sort by the time of their call", () => {
  const times = [0, 1, 255, 1_700_000_000_000, 1_700_000_000_001, 17_592_186_044_415];
  const ids = times.map((nowMs) => createCallId(nowMs));
  assert.deepEqual(ids.toSorted(), ids);
});

test("an id is 24 hex digits, which make a trace id, and no two of one moment are alike", () => {
  const ids = Array.from({ length: 1_000 }, () => createCallId(1_700_000_000_000));
  for (const id of ids) assert.match(id, /^req_[0-9a-f]{24}$/);
  assert.equal(new Set(ids).size, ids.length);
});
