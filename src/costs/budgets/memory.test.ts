import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/clock.ts";
import type { BudgetStore } from "./budget-store.ts";
import { testBudgetStoreConformance } from "./budget-store.conformance.ts";
import { atMs, createBucket } from "./test-bucket.ts";
import { bucketKey } from "./caps.ts";
import { createMemoryBudgetStore } from "./memory.ts";
import { windowAt } from "./windows.ts";

function announceOnce(): BudgetStore["announce"] {
  const told = new Set<string>();
  return (bucket, what) => {
    const key = `${bucketKey(bucket)} ${what}`;
    const isFirst = !told.has(key);
    told.add(key);
    return Promise.resolve(isFirst);
  };
}

testBudgetStoreConformance({
  name: "memory",
  skip: null,
  open: (loadSpent) => {
    const store = createMemoryBudgetStore({ clock: createManualClock(atMs), loadSpent, announce: announceOnce() });
    return Promise.resolve({ stores: [store, store], dispose: () => store.close() });
  },
});

test("buckets of windows long over are forgotten, unless a call still holds in them", async () => {
  const clock = createManualClock(atMs);
  let loads = 0;
  const store = createMemoryBudgetStore({
    clock,
    loadSpent: () => Promise.resolve(++loads > 0 ? 0 : 0),
    announce: announceOnce(),
  });
  const old = createBucket(10);
  const held = createBucket(10, "user", "bob");
  await store.read([old]);
  await store.hold({ callId: "slow", buckets: [held], amountNanoUsd: 5, isEnforced: true });
  clock.advanceMs(3 * 86_400_000);
  const now = windowAt("daily", clock.nowMs());
  for (let index = 0; index < 1_000; index++) {
    await store.read([{ ...createBucket(10, "user", `user-${index}`), ...now }]);
  }
  const before = loads;
  await store.read([old, held]);
  assert.equal(loads - before, 1);
});
