import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../../../core/time/clock.ts";
import { DueDoubts } from "./due-doubts.ts";

const minuteMs = 60_000;

function setUp() {
  const clock = createManualClock(0);
  const state = { counted: 0, isBehind: false, catchesUp: true, isRedisAway: false };
  const due = new DueDoubts(
    clock,
    { isBehind: () => state.isBehind, catchUp: () => Promise.resolve(state.catchesUp) },
    {
      doubt: () => {
        if (state.isRedisAway) return Promise.reject(new Error("away"));
        state.counted++;
        return Promise.resolve();
      },
    },
  );
  /** How many doubts are counted by one look. */
  const count = async (): Promise<number> => {
    const before = state.counted;
    await due.count();
    return state.counted - before;
  };
  return { clock, state, due, count };
}

test("a start is one doubt: an earlier process may have left rows behind", async () => {
  const { count } = setUp();
  assert.deepEqual([await count(), await count()], [1, 0]);
});

test("rows that wait too long are a doubt each time, counted when the ledger has them", async () => {
  const { state, count } = setUp();
  await count();
  Object.assign(state, { isBehind: true, catchesUp: false });
  assert.deepEqual([await count(), await count()], [0, 0]);
  state.isBehind = false;
  assert.equal(await count(), 0);
  state.catchesUp = true;
  assert.deepEqual([await count(), await count()], [1, 0]);
});

test("failures of a minute are one doubt at once, and one more at its end if any came after", async () => {
  const { clock, due, count } = setUp();
  await count();
  due.noteFailure();
  due.noteFailure();
  assert.equal(await count(), 1);
  due.noteFailure();
  clock.advanceMs(minuteMs - 1);
  assert.equal(await count(), 0);
  clock.advanceMs(1);
  assert.deepEqual([await count(), await count()], [1, 0]);
  clock.advanceMs(minuteMs);
  assert.equal(await count(), 0);
  due.noteFailure();
  assert.equal(await count(), 1);
});

test("a doubt that Redis did not get stays due", async () => {
  const { state, due, count } = setUp();
  state.isRedisAway = true;
  await assert.rejects(due.count(), /away/);
  state.isRedisAway = false;
  assert.deepEqual([await count(), await count()], [1, 0]);
});

test("a doubt that comes up while one is on its way is counted by itself", async () => {
  const { state, due, count } = setUp();
  const first = due.count();
  state.isBehind = true;
  await first;
  assert.equal(await count(), 1);
});
