/** What a call does about a store that hangs, and about its hold. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import { createExpectedCosts } from "../expected-cost.ts";
import type { BudgetStore } from "./store/budget-store.ts";
import { Budgets } from "./budgets.ts";
import { MemoryBudgetStore } from "./store/memory.ts";
import { noon, settled, subject, usd } from "./test-budgets.ts";

/** Budgets over a store whose ledger is read at last when `load` is called; `wrap` stands between them. */
function setUpSlow(wrap: (store: BudgetStore) => BudgetStore) {
  const { promise: loaded, resolve: load } = Promise.withResolvers<number>();
  const clock = createManualClock(noon);
  const store = new MemoryBudgetStore({ clock, loadSpent: () => loaded, announce: () => Promise.resolve(true) });
  const caps = [
    { scope: "user", id: null, dailyNanoUsd: 10 * usd, weeklyNanoUsd: null, monthlyNanoUsd: null },
  ] as const;
  const thresholds = { warning: 0.75, critical: 0.95 };
  const budgets = new Budgets({
    settings: { enforcement: true, mode: "strict", onStoreFailure: "open", caps, thresholds },
    store: wrap(store),
    expectedCosts: createExpectedCosts(),
    seatCaps: () => [],
    clock,
    logger: silentLogger,
  });
  return { budgets, load, loaded };
}

const slowCall = { callId: "slow", subject, atMs: noon, range: { leastNanoUsd: 1, mostNanoUsd: 4 * usd } };

test("a call waits a second for a store that hangs, and a hold that comes late is given back", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { budgets, load, loaded } = setUpSlow((store) => store);
  const pending = budgets.hold(slowCall);
  t.mock.timers.tick(5_000);
  const verdict = await pending;
  assert.ok(verdict.kind === "held" && !verdict.ticket.hadHold);
  load(0);
  await budgets.settle(verdict.ticket, 3 * usd);
  await loaded;
  const states = await budgets.statusOf(subject);
  await budgets.close();
  assert.deepEqual([budgets.stats().openHolds, states.length], [0, 1]);
});

test("a hold that is made when its call is over is given back, though its answer was lost", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { promise: over, resolve: endCall } = Promise.withResolvers<void>();
  const { budgets, load } = setUpSlow((store) => ({
    read: (buckets) => store.read(buckets),
    announce: (bucket, what) => store.announce(bucket, what),
    compare: () => store.compare(),
    stats: () => store.stats(),
    close: () => store.close(),
    settle: (request) => store.settle(request),
    hold: async (request) => {
      await over;
      await store.hold(request);
      throw new Error("no answer");
    },
  }));
  load(0);
  const pending = budgets.hold(slowCall);
  t.mock.timers.tick(5_000);
  const verdict = await pending;
  assert.ok(verdict.kind === "held" && !verdict.ticket.hadHold);
  await budgets.settle(verdict.ticket, 3 * usd);
  endCall();
  await settled();
  const [state] = await budgets.statusOf(subject);
  await budgets.close();
  assert.deepEqual([state?.heldNanoUsd, budgets.stats().openHolds], [0, 0]);
});
