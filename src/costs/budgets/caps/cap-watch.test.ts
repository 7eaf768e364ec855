/** What budgets know of calls for which their cap did not hold when they went out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../../core/time/clock.ts";
import { silentLogger } from "../../../core/log/logging.ts";
import { createExpectedCosts } from "../../expected-cost.ts";
import { Budgets } from "../budgets.ts";
import type { BudgetTicket } from "../budget-verdict.ts";
import { CapWatch } from "./cap-watch.ts";
import type { BudgetCap } from "../../../core/money-settings.ts";
import type { SeatCap } from "./caps.ts";
import { MemoryBudgetStore } from "../store/memory.ts";
import { atMs } from "../store/test-bucket.ts";

const subject = { user: "ada", team: null, tier: "gold", keyId: "k1", askedModel: "claude-opus-5" };
const none = { weeklyNanoUsd: null, monthlyNanoUsd: null } as const;
const ofAda: BudgetCap = { scope: "user", id: "ada", dailyNanoUsd: 1_000, ...none };
const ofAll: BudgetCap = { scope: "all", id: null, dailyNanoUsd: 1_000, ...none };

/** Budgets whose ledger has each call that is over, as long as it can be read. */
function setUp(...first: readonly BudgetCap[]) {
  const clock = createManualClock(atMs);
  const ledger = { spentNanoUsd: 0, isAway: false };
  const store = new MemoryBudgetStore({
    clock,
    loadSpent: () =>
      ledger.isAway ? Promise.reject(new Error("the ledger is away")) : Promise.resolve(ledger.spentNanoUsd),
    announce: () => Promise.resolve(false),
  });
  const thresholds = { warning: 0.75, critical: 0.95 };
  const settings = { enforcement: true, mode: "strict", onStoreFailure: "open", thresholds } as const;
  const budgets = new Budgets({
    settings: { ...settings, caps: first },
    store,
    expectedCosts: createExpectedCosts(),
    seatCaps: () => [],
    clock,
    logger: silentLogger,
  });
  let calls = 0;
  const begin = async (mostNanoUsd = 10): Promise<BudgetTicket> => {
    clock.advanceMs(1);
    const call = { callId: `c${calls++}`, subject, atMs: clock.nowMs(), range: { leastNanoUsd: 0, mostNanoUsd } };
    const verdict = await budgets.hold(call);
    assert.ok(verdict.kind === "held");
    return verdict.ticket;
  };
  const end = async (ticket: BudgetTicket, costNanoUsd: number): Promise<void> => {
    clock.advanceMs(1);
    ledger.spentNanoUsd += costNanoUsd;
    await budgets.settle(ticket, costNanoUsd);
  };
  return {
    ledger,
    begin,
    end,
    serve: async (costNanoUsd: number) => end(await begin(), costNanoUsd),
    cap: (...caps: readonly BudgetCap[]) => budgets.configure({ ...settings, caps }),
    money: async () =>
      (await budgets.statusOf(subject)).map(({ bucket, spentNanoUsd, heldNanoUsd }) => [
        bucket.scope,
        spentNanoUsd,
        heldNanoUsd,
      ]),
  };
}

test("a cap that was gone for a while counts what was spent meanwhile", async () => {
  const { serve, cap, money } = setUp(ofAda);
  await serve(1);
  cap();
  await serve(20);
  cap(ofAda);
  await serve(300);
  assert.deepEqual(await money(), [["user", 321, 0]]);
});

test("a cap that comes while a call is under way counts that call, once", async () => {
  const { begin, end, serve, cap, money } = setUp(ofAda);
  const [first, second] = [await begin(5), await begin(7)];
  cap(ofAda, ofAll);
  await end(first, 1);
  await serve(20);
  assert.deepEqual(await money(), [
    ["user", 21, 7],
    ["all", 21, 0],
  ]);
  await end(second, 300);
  assert.deepEqual(await money(), [
    ["user", 321, 0],
    ["all", 321, 0],
  ]);
});

test("so does the first cap of all, for calls that asked no store", async () => {
  const { begin, end, cap, money } = setUp();
  const ticket = await begin();
  cap(ofAll);
  assert.deepEqual(await money(), [["all", 0, 0]]);
  await end(ticket, 5);
  assert.deepEqual(await money(), [["all", 5, 0]]);
});

test("while the ledger is away what is known of a cap holds on, and is completed later", async () => {
  const { ledger, serve, begin, cap, money } = setUp(ofAda);
  await serve(1);
  cap();
  await serve(20);
  ledger.isAway = true;
  cap(ofAda);
  await begin(7);
  assert.deepEqual(await money(), [["user", 1, 7]]);
  ledger.isAway = false;
  assert.deepEqual(await money(), [["user", 21, 7]]);
});

test("what retention has removed from the ledger stays spent", async () => {
  const { ledger, serve, cap, money } = setUp(ofAda);
  await serve(300);
  ledger.spentNanoUsd = 0;
  cap();
  cap(ofAda, ofAll);
  assert.deepEqual(await money(), [
    ["user", 300, 0],
    ["all", 0, 0],
  ]);
});

test("caps that are written anew and say the same have not changed", () => {
  const seat: SeatCap = { scope: "all", id: "", period: "daily", limitNanoUsd: 1 };
  const watch = new CapWatch([ofAda], [seat]);
  assert.equal(watch.hasChanged([{ ...ofAda }], [{ ...seat }], atMs), false);
  assert.equal(watch.changedMs, Number.NEGATIVE_INFINITY);
  assert.equal(watch.hasChanged([ofAda], [{ ...seat, limitNanoUsd: 2 }], atMs), true);
  assert.equal(watch.hasChanged([ofAda, ofAll], [{ ...seat, limitNanoUsd: 2 }], atMs + 1), true);
  assert.equal(watch.changedMs, atMs + 1);
});
