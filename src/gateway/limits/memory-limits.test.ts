import assert from "node:assert/strict";
import { test } from "node:test";
import { limitOf, testLimitStoreConformance } from "./limit-store.conformance.ts";
import type { EnterResult, LimitStore } from "./limit-store.ts";
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

/** A store that has seen `members` others than `limit`'s at `nowMs`, each for a moment. */
function crowd(store: LimitStore, members: number, nowMs: number): void {
  for (let member = 0; member < members; member++) {
    const limits = [limitOf({ id: `other-${nowMs}-${member}`, concurrentCalls: 1 })];
    store.enter(limits, nowMs, 0);
    store.leave({ limits, isShared: false }, 0, nowMs);
  }
}

test("limits in memory: a member is forgotten in silence only, and with neither calls under way nor a debt", () => {
  const minuteMs = 60_000;
  const limits = [limitOf({ requestsPerMinute: 1, tokensPerMinute: 60, concurrentCalls: 1 })];
  /** The answer to a call after `silentMs`, with others in between; `tokens`: null where the first call is under way. */
  const after = (silentMs: number, tokens: number | null): EnterResult => {
    const store = createMemoryLimits();
    store.enter(limits, 0, 0);
    if (tokens !== null) store.leave({ limits, isShared: false }, tokens, 0);
    crowd(store, 1_000, silentMs);
    return store.enter(limits, silentMs, 0) as EnterResult;
  };
  assert.equal(after(10 * minuteMs, 0).kind, "entered");
  assert.equal(after(10 * minuteMs, null).kind, "refused");
  assert.equal(after(1_000, 0).kind, "refused");
  assert.equal(after(10 * minuteMs, 60 * 60).kind, "refused");
  assert.equal(after(60 * minuteMs, 60 * 60).kind, "entered");
});

test("limits in memory: a token less than nothing left refuses, until one is there again", () => {
  const store = createMemoryLimits();
  const limits = [limitOf({ tokensPerMinute: 60 })];
  const at = (nowMs: number): EnterResult => store.enter(limits, nowMs, 0) as EnterResult;
  assert.equal(at(0).kind, "entered");
  store.leave({ limits, isShared: false }, 60, 0);
  const refused = at(0);
  assert.ok(refused.kind === "refused" && refused.what === "tokens");
  assert.equal(refused.waitMs, 1_000);
  assert.equal(at(1_000).kind, "entered");
});

test("limits in memory: a call that leaves twice makes no room that is not there", () => {
  const store = createMemoryLimits();
  const limits = [limitOf({ concurrentCalls: 1 })];
  const enter = (): string => (store.enter(limits, 0, 0) as EnterResult).kind;
  assert.equal(enter(), "entered");
  for (let time = 0; time < 2; time++) store.leave({ limits, isShared: false }, 0, 0);
  assert.deepEqual([enter(), enter()], ["entered", "refused"]);
});

test("limits in memory: what a long call used is missing when it ends, not made good by the time that it took", () => {
  const store = createMemoryLimits();
  const limits = [limitOf({ tokensPerMinute: 60 })];
  store.enter(limits, 0, 0);
  store.leave({ limits, isShared: false }, 60, 60_000);
  const refused = store.enter(limits, 60_000, 0) as EnterResult;
  assert.ok(refused.kind === "refused");
  assert.equal(refused.waitMs, 1_000);
});
