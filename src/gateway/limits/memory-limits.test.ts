import assert from "node:assert/strict";
import { test } from "node:test";
import { limitOf, testLimitStoreConformance } from "./limit-store.conformance.ts";
import type { EnterResult } from "./limit-store.ts";
import { createMemoryLimits } from "./memory-limits.ts";

testLimitStoreConformance({
  name: "limits in memory",
  skip: false,
  open: () => {
    const store = createMemoryLimits();
    return Promise.resolve({ stores: [store, store], dispose: () => Promise.resolve(store.close()) });
  },
});

test("limits in memory: an answer comes at once, without a promise", () => {
  const result = createMemoryLimits().enter([limitOf({ requestsPerMinute: 1 })], 0, 0);
  assert.equal((result as EnterResult).kind, "entered");
});

test("limits in memory: a clock that goes back gives nothing and takes nothing", () => {
  const store = createMemoryLimits();
  const limit = limitOf({ requestsPerMinute: 1 });
  const at = (nowMs: number): string => (store.enter([limit], nowMs, 0) as EnterResult).kind;
  assert.equal(at(60_000), "entered");
  assert.equal(at(0), "refused");
  assert.equal(at(60_000), "entered");
});
