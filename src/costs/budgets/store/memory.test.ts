import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createManualClock } from "../../../core/time/clock.ts";
import { dayMs } from "../../../core/time/durations.ts";
import type { BudgetStore } from "./budget-store.ts";
import { testBudgetStoreConformance } from "./budget-store.conformance.ts";
import { atMs, createBucket } from "./test-bucket.ts";
import { bucketKey } from "../caps/caps.ts";
import { MemoryBudgetStore } from "./memory.ts";
import { windowAt } from "../caps/windows.ts";

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
    const store = new MemoryBudgetStore({ clock: createManualClock(atMs), loadSpent, announce: announceOnce() });
    return Promise.resolve({ stores: [store, store], dispose: () => store.close() });
  },
});

test("buckets of windows long over are forgotten, unless a call still holds in them", async () => {
  const clock = createManualClock(atMs);
  let loads = 0;
  const store = new MemoryBudgetStore({
    clock,
    loadSpent: () => Promise.resolve(++loads > 0 ? 0 : 0),
    announce: announceOnce(),
  });
  const old = createBucket(10);
  const held = createBucket(10, "user", "bob");
  await store.read([old]);
  await store.hold({ callId: "slow", buckets: [held], amountNanoUsd: 5, isEnforced: true });
  clock.advanceMs(3 * dayMs);
  const now = windowAt("daily", clock.nowMs());
  for (let index = 0; index < 1_000; index++) {
    await store.read([{ ...createBucket(10, "user", `user-${index}`), ...now }]);
  }
  const before = loads;
  await store.read([old, held]);
  assert.equal(loads - before, 1);
});

test("buckets of windows that go on, or ended within an hour, are not forgotten", async () => {
  const clock = createManualClock(atMs);
  const asked: string[] = [];
  const store = new MemoryBudgetStore({
    clock,
    loadSpent: ({ id }) => Promise.resolve(asked.push(id ?? "")),
    announce: announceOnce(),
  });
  const ended = createBucket(10, "user", "ended");
  clock.advanceMs(ended.endMs - atMs + 3_600_000);
  const now = windowAt("daily", clock.nowMs());
  const going = { ...createBucket(10, "user", "going"), ...now };
  await store.read([ended, going]);
  for (let index = 0; index < 1_000; index++) {
    await store.read([{ ...createBucket(10, "user", `user-${index}`), ...now }]);
  }
  asked.length = 0;
  await store.read([ended, going]);
  assert.deepEqual(asked, []);
});

test("calls side by side ask the ledger once for their bucket", async () => {
  const answers: (() => void)[] = [];
  const store = new MemoryBudgetStore({
    clock: createManualClock(atMs),
    loadSpent: () => new Promise((resolve) => answers.push(() => resolve(7))),
    announce: announceOnce(),
  });
  const readings = Promise.all([store.read([createBucket(10)]), store.read([createBucket(10)])]);
  assert.equal(answers.length, 1);
  answers[0]!();
  for (const [state] of await readings) assert.equal(state?.spentNanoUsd, 7);
});

test("a ledger that is read once more is asked for what began before a cut; what began since is counted here", async () => {
  const clock = createManualClock(atMs);
  const cuts: (number | undefined)[] = [];
  let answer: (nanoUsd: number) => void = () => {};
  const store = new MemoryBudgetStore({
    clock,
    loadSpent: (_, beforeMs) => {
      cuts.push(beforeMs);
      return new Promise((resolve) => (answer = resolve));
    },
    announce: announceOnce(),
  });
  const bucket = createBucket(1e9);
  const settle = (callId: string, costNanoUsd: number, startedAtMs: number): Promise<unknown> =>
    store.settle({ callId, buckets: [bucket], costNanoUsd, hadHold: false, startedAtMs });
  const reading = store.read([bucket]);
  await settle("a", 1, atMs + 5); // began before the clock was put back
  await settle("b", 2, atMs);
  answer(0);
  await settleMicrotasks();
  await settle("c", 4, atMs + 6);
  clock.advanceMs(60_000);
  await settle("d", 8, atMs + 1);
  answer(3);
  await settleMicrotasks();
  answer(11);
  const [state] = await reading;
  assert.equal(state?.spentNanoUsd, 15);
  assert.deepEqual(cuts, [undefined, atMs + 6, atMs + 6]);
});

test("calls that are settled while their bucket is restored count once, whether the ledger's sum has them or not", async () => {
  const step = fc.constantFrom("start", "settle", "advance", "sum", "answer", "compare");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = createManualClock(atMs);
      const rows: { readonly startedAtMs: number; readonly costNanoUsd: number }[] = [];
      // Questions to the ledger, which sums at one moment and answers at another.
      const questions: { readonly sum: () => void; readonly answer: () => void }[] = [];
      const spentBefore = (beforeMs: number): number =>
        rows.reduce((sum, row) => sum + (row.startedAtMs < beforeMs ? row.costNanoUsd : 0), 0);
      const loadSpent = (_: unknown, beforeMs = Infinity): Promise<number> =>
        new Promise((resolve) => {
          let sum: number | null = null;
          questions.push({
            sum: () => (sum ??= spentBefore(beforeMs)),
            answer: () => resolve((sum ??= spentBefore(beforeMs))),
          });
        });
      const store = new MemoryBudgetStore({ clock, loadSpent, announce: announceOnce() });
      const bucket = createBucket(1e15);
      const calls: number[] = [];
      const readings = [store.read([bucket])];
      for (const one of steps) {
        if (one === "start") calls.push(clock.nowMs());
        else if (one === "advance") clock.advanceMs(1);
        else if (one === "sum") questions[0]?.sum();
        else if (one === "answer") questions.shift()?.answer();
        else if (one === "compare") {
          store.compare();
          readings.push(store.read([bucket]));
        } else if (calls.length > 0) {
          const startedAtMs = calls.shift()!;
          // Each call costs another power of two: a sum tells which calls are in it, and one that is in it twice.
          const costNanoUsd = 2 ** rows.length;
          const callId = String(rows.length);
          rows.push({ startedAtMs, costNanoUsd });
          await store.settle({ callId, buckets: [bucket], costNanoUsd, hadHold: false, startedAtMs });
        }
        await settleMicrotasks();
      }
      for (; questions.length > 0; await settleMicrotasks()) questions.shift()!.answer();
      await Promise.all(readings);
      const [state] = await store.read([bucket]);
      assert.equal(state?.spentNanoUsd, spentBefore(Infinity));
    }),
  );
});

/** Lets what waits for promises go on. */
function settleMicrotasks(): Promise<void> {
  return new Promise(setImmediate);
}
