/** What every limit store promises: run for the one in process and for Redis. Times are real: Redis has its own clock. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import type { EnterResult, LimitEntry, LimitStore } from "./limit-store.ts";
import type { Limit } from "./limits-for.ts";

export interface LimitStoreUnderTest {
  readonly name: string;
  readonly skip: string | false;
  /** Two handles on one store (twice the same one where it lives in the process). */
  readonly open: () => Promise<{
    readonly stores: readonly [LimitStore, LimitStore];
    readonly dispose: () => Promise<void>;
  }>;
}

type Run = (store: LimitStore, other: LimitStore) => Promise<void>;

export function limitOf(about: Partial<Limit>): Limit {
  const none = { requestsPerMinute: null, tokensPerMinute: null, concurrentCalls: null };
  return { scope: "user", id: "ada", ...none, ...about };
}

async function enter(store: LimitStore, ...limits: readonly Limit[]): Promise<EnterResult> {
  return store.enter(limits, Date.now(), 1_000);
}

async function enterWell(store: LimitStore, ...limits: readonly Limit[]): Promise<LimitEntry> {
  const result = await enter(store, ...limits);
  assert.ok(result.kind === "entered", JSON.stringify(result));
  return result.entry;
}

/** A word to a shared store is on its way: whatever is asked after it over the same connection comes after it. */
async function leave(store: LimitStore, entry: LimitEntry, tokens = 0): Promise<void> {
  store.leave(entry, tokens, Date.now());
  await enter(store, limitOf({ id: "nobody", concurrentCalls: 1_000 }));
}

export function testLimitStoreConformance({ name, skip, open }: LimitStoreUnderTest): void {
  const promise = (title: string, run: Run): void => {
    void test(`${name}: ${title}`, { skip }, async () => {
      const { stores, dispose } = await open();
      try {
        await run(...stores);
      } finally {
        await dispose();
      }
    });
  };

  promise("requests beyond the minute's limit are refused with the wait, wherever they come", async (store, other) => {
    const limit = limitOf({ requestsPerMinute: 2 });
    await enterWell(store, limit);
    await enterWell(other, limit);
    const refused = await enter(store, limit);
    assert.ok(refused.kind === "refused");
    assert.equal(refused.what, "requests");
    assert.deepEqual(refused.by, limit);
    assert.ok(refused.waitMs > 29_000 && refused.waitMs <= 30_000, `${refused.waitMs} ms`);
    assert.ok(refused.states[0]!.requestsLeft < 1);
  });

  promise("the bucket fills evenly: one request's share later there is room for one", async (store) => {
    const limit = limitOf({ requestsPerMinute: 600 });
    await Promise.all(Array.from({ length: 600 }, () => enter(store, limit)));
    let refused = await enter(store, limit);
    while (refused.kind === "entered") refused = await enter(store, limit); // what came in meanwhile
    assert.ok(refused.waitMs <= 100);
    await pass(refused.waitMs + 5);
    await enterWell(store, limit);
  });

  promise("tokens are taken after the call, and a debt is waited out", async (store, other) => {
    const limit = limitOf({ tokensPerMinute: 600 });
    const entry = await enterWell(store, limit);
    await leave(store, entry, 1_200);
    const refused = await enter(other, limit);
    assert.ok(refused.kind === "refused");
    assert.equal(refused.what, "tokens");
    assert.ok(refused.waitMs > 59_000 && refused.waitMs <= 60_100, `${refused.waitMs} ms`);
    assert.equal(refused.states[0]?.tokensLeft, 0);
  });

  promise("calls at once are counted over all handles until they leave", async (store, other) => {
    const limit = limitOf({ concurrentCalls: 2 });
    const first = await enterWell(store, limit);
    await enterWell(other, limit);
    const refused = await enter(other, limit);
    assert.ok(refused.kind === "refused");
    assert.equal(refused.what, "calls");
    await leave(store, first);
    await enterWell(other, limit);
    assert.equal((await enter(store, limit)).kind, "refused", "one that leaves makes room for one");
  });

  promise("of several limits that refuse, the wait is that of the last one to have room", async (store) => {
    const user = limitOf({ requestsPerMinute: 60, concurrentCalls: 1 });
    const team = limitOf({ scope: "team", id: "t", tokensPerMinute: 600, requestsPerMinute: 1 });
    const key = limitOf({ scope: "key", id: "k", concurrentCalls: 1 });
    const limits = [key, user, team];
    const entry = await enterWell(store, ...limits);
    const busy = await enter(store, ...limits);
    assert.ok(busy.kind === "refused");
    assert.deepEqual([busy.by, busy.what], [team, "requests"]);
    await leave(store, entry, 1_800);
    const spent = await enter(store, ...limits);
    assert.ok(spent.kind === "refused");
    assert.deepEqual([spent.by, spent.what], [team, "tokens"]);
    assert.ok(spent.waitMs > 119_000 && spent.waitMs <= 120_100, `${spent.waitMs} ms`);
  });

  promise("a call that one limit refuses takes nothing from the others", async (store) => {
    const wide = limitOf({ scope: "team", id: "t", requestsPerMinute: 10, concurrentCalls: 10 });
    const narrow = limitOf({ concurrentCalls: 1 });
    const entry = await enterWell(store, wide, narrow);
    assert.equal((await enter(store, wide, narrow)).kind, "refused");
    await leave(store, entry);
    const after = await enter(store, wide, narrow);
    assert.ok(after.kind === "entered");
    assert.equal(Math.floor(after.states[0]!.requestsLeft), 8);
  });

  promise("100 calls at once, over two handles, enter exactly as often as there is room", async (store, other) => {
    const limits = [limitOf({ concurrentCalls: 30 }), limitOf({ scope: "all", id: "", requestsPerMinute: 1_000 })];
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) => enter(index % 2 === 0 ? store : other, ...limits)),
    );
    assert.equal(results.filter(({ kind }) => kind === "entered").length, 30);
  });

  promise("a limit that is new to a member finds its bucket full, whatever was called before", async (store, other) => {
    for (let call = 0; call < 5; call++) {
      await leave(store, await enterWell(store, limitOf({ concurrentCalls: 10 })), 5_000);
    }
    const limit = limitOf({ concurrentCalls: 10, requestsPerMinute: 2, tokensPerMinute: 600 });
    const first = await enter(store, limit);
    assert.ok(first.kind === "entered");
    assert.deepEqual([first.states[0]!.requestsLeft, first.states[0]!.tokensLeft], [1, 600]);
    await enterWell(other, limit);
    assert.equal((await enter(store, limit)).kind, "refused");
  });

  promise(
    "a call that began under another limit takes its tokens and leaves the new limit's bucket as it is",
    async (store) => {
      const before = await enterWell(store, limitOf({ concurrentCalls: 10 }));
      const limit = limitOf({ concurrentCalls: 10, requestsPerMinute: 2, tokensPerMinute: 600 });
      await enterWell(store, limit);
      await enterWell(store, limit);
      await leave(store, before, 100);
      const refused = await enter(store, limit);
      assert.ok(refused.kind === "refused");
      assert.equal(refused.what, "requests");
      assert.ok(refused.states[0]!.tokensLeft >= 500 && refused.states[0]!.tokensLeft < 520);
    },
  );

  promise(
    "a limit that was raised while a call ran is not cut down to the old one when that call ends",
    async (store) => {
      const before = await enterWell(store, limitOf({ requestsPerMinute: 1 }));
      const limit = limitOf({ requestsPerMinute: 60_000 });
      await pass(20);
      await enterWell(store, limit);
      await pass(200);
      await leave(store, before);
      const after = await enter(store, limit);
      assert.ok(after.kind === "entered" && after.states[0]!.requestsLeft > 190, JSON.stringify(after));
    },
  );

  promise("what is left is told with every answer", async (store) => {
    const limit = limitOf({ requestsPerMinute: 10, tokensPerMinute: 1_000 });
    const first = await enter(store, limit);
    assert.ok(first.kind === "entered");
    assert.equal(Math.floor(first.states[0]!.requestsLeft), 9);
    await leave(store, first.entry, 400);
    const second = await enter(store, limit);
    assert.equal(Math.floor(second.states[0]!.requestsLeft), 8);
    assert.ok(second.states[0]!.tokensLeft >= 600 && second.states[0]!.tokensLeft < 620);
  });
}
