/** What every budget store promises: run for the one in process and for Redis. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BucketState, BudgetStore, LoadSpent } from "./budget-store.ts";
import { createRandom } from "../../testdata/seeded-random.ts";
import { systemClock } from "../../../core/time/clock.ts";
import { waitUntil } from "../../../../test/kit/wait-until.ts";
import { createBucket } from "./test-bucket.ts";
import { windowAt } from "../caps/windows.ts";

export interface BudgetStoreUnderTest {
  readonly name: string;
  /** Why these tests cannot run here, or null. */
  readonly skip: string | null;
  /** Two handles on one store (twice the same one where it lives in the process). */
  readonly open: (loadSpent: LoadSpent) => Promise<{
    readonly stores: readonly [BudgetStore, BudgetStore];
    readonly dispose: () => Promise<void>;
  }>;
}

const nothingSpent: LoadSpent = () => Promise.resolve(0);

export function testBudgetStoreConformance(under: BudgetStoreUnderTest): void {
  const skip = under.skip ?? false;

  function promise(
    title: string,
    run: (store: BudgetStore, other: BudgetStore) => Promise<void>,
    loadSpent: LoadSpent = nothingSpent,
  ): void {
    void test(`${under.name}: ${title}`, { skip }, async () => {
      const { stores, dispose } = await under.open(loadSpent);
      try {
        await run(...stores);
      } finally {
        await dispose();
      }
    });
  }

  promise("a hold counts at once, its settlement trades it for the cost", async (store) => {
    const buckets = [createBucket(100)];
    const held = await store.hold({ callId: "a", buckets, amountNanoUsd: 60, isEnforced: true });
    assert.deepEqual([held.kind, ...moneyOf(held.states)], ["held", [0, 60]]);
    const settled = await store.settle({ callId: "a", buckets, costNanoUsd: 45, hadHold: true });
    assert.ok(settled.kind === "settled");
    assert.deepEqual(moneyOf(settled.states), [[45, 0]]);
    assert.deepEqual(store.stats(), { openHolds: 0, heldNanoUsd: 0 });
  });

  promise("a call that does not fit is refused and holds nothing", async (store) => {
    const buckets = [createBucket(100)];
    await store.hold({ callId: "a", buckets, amountNanoUsd: 60, isEnforced: true });
    const refused = await store.hold({ callId: "b", buckets, amountNanoUsd: 41, isEnforced: true });
    assert.deepEqual([refused.kind, ...moneyOf(refused.states)], ["refused", [0, 60]]);
    const fitting = await store.hold({ callId: "c", buckets, amountNanoUsd: 40, isEnforced: true });
    assert.equal(fitting.kind, "held");
  });

  promise("all caps or none: what one refuses, no other holds", async (store) => {
    const wide = createBucket(1_000, "all", "");
    const narrow = createBucket(10);
    const refused = await store.hold({ callId: "a", buckets: [wide, narrow], amountNanoUsd: 20, isEnforced: true });
    assert.equal(refused.kind, "refused");
    assert.deepEqual(moneyOf(await store.read([wide, narrow])), [
      [0, 0],
      [0, 0],
    ]);
  });

  promise("without enforcement a call passes the cap and counts", async (store) => {
    const buckets = [createBucket(10)];
    const held = await store.hold({ callId: "a", buckets, amountNanoUsd: 20, isEnforced: false });
    assert.equal(held.kind, "held");
    await store.settle({ callId: "a", buckets, costNanoUsd: 25, hadHold: true });
    assert.deepEqual(moneyOf(await store.read(buckets)), [[25, 0]]);
  });

  promise("a settlement counts once, however often it is repeated", async (store) => {
    const buckets = [createBucket(100)];
    await store.hold({ callId: "a", buckets, amountNanoUsd: 10, isEnforced: true });
    const request = { callId: "a", buckets, costNanoUsd: 7, hadHold: true };
    assert.equal((await store.settle(request)).kind, "settled");
    assert.equal((await store.settle(request)).kind, "already-settled");
    assert.deepEqual(moneyOf(await store.read(buckets)), [[7, 0]]);
  });

  promise("a call that went out without a hold is charged once all the same", async (store) => {
    const buckets = [createBucket(100)];
    await store.read(buckets);
    // What was recorded in the moment that the bucket came from the ledger may be in it already.
    const restoredMs = systemClock.monotonicMs();
    await waitUntil("its record is a later one", () => systemClock.monotonicMs() > restoredMs + 10);
    const request = { callId: "a", buckets, costNanoUsd: 7, hadHold: false };
    assert.equal((await store.settle(request)).kind, "settled");
    assert.equal((await store.settle(request)).kind, "already-settled");
    assert.deepEqual(moneyOf(await store.read(buckets)), [[7, 0]]);
  });

  promise(
    "a bucket starts with what the ledger says was spent, asked once for calls side by side",
    async (store) => {
      const buckets = [createBucket(100)];
      const results = await Promise.all(
        ["a", "b", "c"].map((callId) => store.hold({ callId, buckets, amountNanoUsd: 20, isEnforced: true })),
      );
      assert.deepEqual(results.map((result) => result.kind).sort(), ["held", "refused", "refused"]);
      assert.deepEqual(moneyOf(await store.read(buckets)), [[70, 20]]);
    },
    () => Promise.resolve(70),
  );

  promise(
    "a ledger that cannot be read makes the hold fail, and the next one ask again",
    async (store) => {
      const request = { callId: "a", buckets: [createBucket(100)], amountNanoUsd: 1, isEnforced: true };
      await assert.rejects(store.hold(request), /away/);
      await assert.rejects(store.hold(request), /away/);
      assert.deepEqual(store.stats(), { openHolds: 0, heldNanoUsd: 0 });
    },
    () => Promise.reject(new Error("away")),
  );

  promise("windows are apart: a new day starts empty", async (store) => {
    const today = createBucket(100);
    const tomorrow = { ...today, ...windowAt("daily", today.endMs) };
    await store.hold({ callId: "a", buckets: [today], amountNanoUsd: 100, isEnforced: true });
    const held = await store.hold({ callId: "b", buckets: [tomorrow], amountNanoUsd: 100, isEnforced: true });
    assert.equal(held.kind, "held");
  });

  promise("a limit that changes holds from the next call on", async (store) => {
    await store.hold({ callId: "a", buckets: [createBucket(100)], amountNanoUsd: 90, isEnforced: true });
    const raised = await store.hold({ callId: "b", buckets: [createBucket(200)], amountNanoUsd: 90, isEnforced: true });
    assert.equal(raised.kind, "held");
  });

  promise("something is announced once for a bucket, by whichever process is first", async (store, other) => {
    const bucket = createBucket(100);
    const answers = await Promise.all([store.announce(bucket, "x"), other.announce(bucket, "x")]);
    assert.deepEqual(answers.sort(), [false, true]);
    assert.equal(await store.announce(bucket, "y"), true);
    assert.equal(await other.announce({ ...bucket, ...windowAt("daily", bucket.endMs) }, "x"), true);
  });

  promise("200 calls at once against a budget for 50: exactly 50 go through", async (store, other) => {
    const buckets = [createBucket(5_000), createBucket(90_000, "team", "t", "monthly"), createBucket(5_999, "all", "")];
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        (index % 2 === 0 ? store : other).hold({
          callId: `call-${index}`,
          buckets,
          amountNanoUsd: 100,
          isEnforced: true,
        }),
      ),
    );
    assert.equal(results.filter((result) => result.kind === "held").length, 50);
    assert.deepEqual(moneyOf(await store.read(buckets))[0], [0, 5_000]);
  });

  promise("10,000 calls with random ends leave no hold, and spent is what they cost", async (store, other) => {
    const random = createRandom(20_261_122);
    let spent = 0;
    const call = async (index: number): Promise<void> => {
      const handle = index % 2 === 0 ? store : other;
      const buckets = [createBucket(1e12, "user", `user-${index % 5}`), createBucket(1e12, "all", "")];
      const callId = `call-${index}`;
      const amountNanoUsd = Math.floor(random() * 1_000);
      const held = await handle.hold({ callId, buckets, amountNanoUsd, isEnforced: true });
      assert.equal(held.kind, "held");
      const end = random();
      // A success, an error that cost nothing, an abort that cost a part; a tenth settle twice.
      const costNanoUsd = end < 0.7 ? Math.floor(random() * 2_000) : end < 0.85 ? 0 : Math.floor(random() * 50);
      spent += costNanoUsd;
      const request = { callId, buckets, costNanoUsd, hadHold: true };
      await handle.settle(request);
      if (random() < 0.1) assert.equal((await handle.settle(request)).kind, "already-settled");
    };
    for (let start = 0; start < 10_000; start += 250) {
      await Promise.all(Array.from({ length: 250 }, (_, offset) => call(start + offset)));
    }
    assert.deepEqual(moneyOf(await store.read([createBucket(1e12, "all", "")])), [[spent, 0]]);
    const users = Array.from({ length: 5 }, (_, user) => createBucket(1e12, "user", `user-${user}`));
    const states = await other.read(users);
    assert.equal(
      states.reduce((sum, state) => sum + state.spentNanoUsd, 0),
      spent,
    );
    assert.ok(states.every((state) => state.heldNanoUsd === 0));
    assert.deepEqual(
      [store.stats(), other.stats()].map((stats) => stats.openHolds),
      [0, 0],
    );
  });
}

function moneyOf(states: readonly BucketState[]): number[][] {
  return states.map((state) => [state.spentNanoUsd, state.heldNanoUsd]);
}
