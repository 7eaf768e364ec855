import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logging.ts";
import { createExpectedCosts } from "../expected-cost.ts";
import type { BudgetEvent } from "./budget-events.ts";
import type { BudgetStore } from "./budget-store.ts";
import { createBudgets } from "./budgets.ts";
import type { BudgetCall } from "./budget-verdict.ts";
import type { Budgets, BudgetsSettings } from "./budgets.ts";
import { bucketKey } from "./caps.ts";
import type { SeatCap } from "./caps.ts";
import { createMemoryBudgetStore } from "./memory.ts";

const usd = 1_000_000_000;
const noon = Date.UTC(2026, 10, 18, 12);
const subject = { user: "ada", team: "compilers", tier: "gold", keyId: "k1", askedModel: "claude-opus-5" };

interface Setup {
  readonly budgets: Budgets;
  readonly events: BudgetEvent[];
  readonly store: { failWith: Error | null };
}

function setUp(overrides: Partial<BudgetsSettings> = {}, spentBefore = 0, seats: readonly SeatCap[] = []): Setup {
  const clock = createManualClock(noon);
  const told = new Set<string>();
  const memory = createMemoryBudgetStore({
    clock,
    loadSpent: () => Promise.resolve(spentBefore),
    announce: (bucket, what) => {
      const key = bucketKey(bucket) + what;
      const isFirst = !told.has(key);
      told.add(key);
      return Promise.resolve(isFirst);
    },
  });
  const control: { failWith: Error | null } = { failWith: null };
  const guarded = <T>(run: () => Promise<T>): Promise<T> =>
    control.failWith === null ? run() : Promise.reject(control.failWith);
  const store: BudgetStore = {
    read: (buckets) => memory.read(buckets),
    announce: (bucket, what) => memory.announce(bucket, what),
    compare: () => memory.compare(),
    stats: () => memory.stats(),
    close: () => memory.close(),
    hold: (request) => guarded(() => memory.hold(request)),
    settle: (request) => guarded(() => memory.settle(request)),
  };
  const budgets = createBudgets({
    settings: {
      enforcement: true,
      mode: "strict",
      onStoreFailure: "open",
      caps: [{ scope: "user", id: null, dailyNanoUsd: 10 * usd, weeklyNanoUsd: null, monthlyNanoUsd: null }],
      thresholds: { warning: 0.75, critical: 0.95 },
      ...overrides,
    },
    store,
    expectedCosts: createExpectedCosts(),
    seatCaps: () => seats,
    clock,
    logger: silentLogger,
  });
  const events: BudgetEvent[] = [];
  budgets.subscribe((event) => events.push(event));
  return { budgets, events, store: control };
}

let nextCall = 0;

function call(mostNanoUsd: number): BudgetCall {
  return { callId: `call-${nextCall++}`, subject, atMs: noon, range: { leastNanoUsd: 0, mostNanoUsd } };
}

async function spend(budgets: Budgets, costNanoUsd: number): Promise<string> {
  const verdict = await budgets.hold(call(1));
  if (verdict.kind === "held") await budgets.settle(verdict.ticket, costNanoUsd);
  return verdict.kind;
}

test("a refusal names the cap, the missing amount and the reset", async () => {
  const { budgets } = setUp();
  await spend(budgets, 9.5 * usd);
  const verdict = await budgets.hold(call(2 * usd));
  assert.ok(verdict.kind === "refused");
  const { refusal } = verdict;
  assert.equal(refusal.shortByNanoUsd, 1.5 * usd);
  assert.equal(refusal.resetAtMs, Date.UTC(2026, 10, 19));
  assert.equal(refusal.retryAfterSeconds, 12 * 3600);
  assert.equal(
    refusal.message,
    "The daily budget of user ada has no room for this call: $9.50 of $10.00 is spent and this call is $1.50 too much. " +
      "It resets at 2026-11-19 00:00 UTC; until then, ask your administrator for a higher budget.",
  );
});

test("a refusal says what calls under way hold, and whether the end of those calls may make room", async () => {
  const { budgets } = setUp();
  await spend(budgets, 4 * usd);
  await budgets.hold(call(5 * usd));
  const fitting = await budgets.hold(call(3 * usd));
  assert.ok(fitting.kind === "refused");
  assert.match(
    fitting.refusal.message,
    /: \$4\.00 of \$10\.00 is spent, \$5\.00 is held for calls under way and this call is \$2\.00 too much\. It may fit when those calls are over\. It resets at/,
  );
  const tooLarge = await budgets.hold(call(7 * usd));
  assert.ok(tooLarge.kind === "refused");
  assert.match(
    tooLarge.refusal.message,
    /\$5\.00 is held for calls under way and this call is \$6\.00 too much\. It resets/,
  );
});

test("of several full caps the refusal names the one that resets last", async () => {
  const { budgets } = setUp({
    caps: [{ scope: "user", id: null, dailyNanoUsd: 1, weeklyNanoUsd: 2, monthlyNanoUsd: 10 * usd }],
  });
  const verdict = await budgets.hold(call(5));
  assert.ok(verdict.kind === "refused");
  assert.equal(verdict.refusal.bucket.period, "weekly");
  assert.equal(verdict.refusal.fullStates.length, 2);
});

test("strict holds the worst case, expected what calls usually cost", async () => {
  const strict = await setUp().budgets.hold(call(11 * usd));
  assert.equal(strict.kind, "refused");
  const { budgets } = setUp({ mode: "expected" });
  const expected = await budgets.hold(call(11 * usd));
  assert.ok(expected.kind === "held");
  assert.equal(budgets.stats().heldNanoUsd, 0.1 * usd);
});

test("each threshold and the limit are told once per window", async () => {
  const { budgets, events } = setUp();
  for (const cost of [7, 0.4, 0.2, 1.9, 0.1, 0.5, 0.2]) await spend(budgets, cost * usd);
  await settled();
  assert.deepEqual(
    events.map((event) => (event.kind === "budgetThresholdReached" ? event.threshold : event.kind)),
    [0.75, 0.95, "budgetLimitExceeded"],
  );
});

test("one call may pass several thresholds at once", async () => {
  const { budgets, events } = setUp();
  await spend(budgets, 12 * usd);
  await settled();
  assert.equal(events.length, 3);
});

test("refused calls tell the breach once, not once each", async () => {
  const { budgets, events } = setUp();
  for (let attempt = 0; attempt < 5; attempt++) await budgets.hold(call(11 * usd));
  await settled();
  assert.deepEqual(
    events.map((event) => event.kind),
    ["budgetLimitExceeded"],
  );
});

test("a refusal for money that other calls hold tells no breach: it may be given back, and the real one is told once", async () => {
  const { budgets, events } = setUp();
  const held = await budgets.hold(call(9 * usd));
  assert.equal((await budgets.hold(call(2 * usd))).kind, "refused");
  await settled();
  assert.deepEqual(events, []);
  assert.ok(held.kind === "held");
  await budgets.settle(held.ticket, 0);
  assert.equal((await budgets.hold(call(11 * usd))).kind, "refused");
  await settled();
  assert.equal(events.length, 1);
});

test("each refused call is told with the caps in its way, not one that waits for held money", async () => {
  const { budgets } = setUp({
    caps: [
      { scope: "user", id: null, dailyNanoUsd: 10 * usd, weeklyNanoUsd: 99 * usd, monthlyNanoUsd: null },
      { scope: "all", id: null, dailyNanoUsd: 10 * usd, weeklyNanoUsd: null, monthlyNanoUsd: null },
    ],
  });
  const refused: string[] = [];
  budgets.onRefused((buckets) => refused.push(buckets.map(({ scope, period }) => `${scope} ${period}`).join(", ")));
  await spend(budgets, 8 * usd);
  await budgets.hold(call(1 * usd));
  await budgets.hold(call(1.5 * usd)); // would fit without the hold
  assert.deepEqual(refused, []);
  for (let round = 0; round < 2; round++) await budgets.hold(call(3 * usd));
  assert.deepEqual(refused, ["user daily, all daily", "user daily, all daily"]);
});

test("for a further target only what it is expected to cost beyond the first is held", async () => {
  const { budgets } = setUp({ mode: "expected" });
  const held = async (): Promise<number | undefined> => (await budgets.statusOf(subject))[0]?.heldNanoUsd;
  const first = await budgets.hold(call(0.5 * usd));
  assert.ok(first.kind === "held");
  const usual = first.ticket.heldNanoUsd;
  assert.equal(await held(), usual);
  const asDear = await budgets.hold({ ...call(5 * usd), earlierNanoUsd: usual });
  assert.ok(asDear.kind === "held" && !asDear.ticket.hadHold);
  assert.equal(await held(), usual);
  const range = { leastNanoUsd: 3 * usd, mostNanoUsd: 5 * usd };
  const dearer = await budgets.hold({ ...call(0), range, earlierNanoUsd: usual });
  assert.ok(dearer.kind === "held");
  assert.equal(await held(), 3 * usd);
});

test("a further target that is passed over for its cost is no refused call, and no breach", async () => {
  const { budgets, events } = setUp();
  let refusals = 0;
  budgets.onRefused(() => refusals++);
  assert.equal((await budgets.hold(call(1 * usd))).kind, "held");
  assert.equal((await budgets.hold({ ...call(12 * usd), earlierNanoUsd: 1 * usd })).kind, "refused");
  await settled();
  assert.deepEqual([refusals, events.length], [0, 0]);
});

test("an overrun of the month is projected once, from its pace so far", async () => {
  const { budgets, events } = setUp({
    caps: [{ scope: "all", id: null, dailyNanoUsd: null, weeklyNanoUsd: null, monthlyNanoUsd: 100 * usd }],
  });
  await spend(budgets, 58 * usd); // after 17.5 of 30 days: 99.43
  await settled();
  assert.equal(events.length, 0);
  await spend(budgets, 1 * usd);
  await spend(budgets, 1 * usd);
  await settled();
  assert.equal(events.length, 1);
  const [event] = events;
  assert.ok(event?.kind === "budgetOverrunProjected");
  assert.equal(event.projectedNanoUsd, Math.round((59 / 17.5) * 30 * usd));
});

test("without enforcement a full budget serves, and tells", async () => {
  const { budgets, events } = setUp({ enforcement: false });
  assert.equal(await spend(budgets, 11 * usd), "held");
  assert.equal(await spend(budgets, 11 * usd), "held");
  await settled();
  assert.equal(events.filter((event) => event.kind === "budgetLimitExceeded").length, 1);
});

test("spending before a restart counts", async () => {
  const { budgets } = setUp({}, 10 * usd);
  assert.equal(await spend(budgets, 1), "refused");
});

test("what a user spends by way of another team counts under a seat of this one, as it does after a restart", async () => {
  const seat: SeatCap = { scope: "team", id: "compilers", period: "daily", limitNanoUsd: 10 * usd };
  const { budgets, events } = setUp({ caps: [] }, 0, [seat]);
  const elsewhere = { ...subject, team: "docs" };
  const spendAs = async (by: typeof subject, costNanoUsd: number): Promise<string> => {
    const verdict = await budgets.hold({ ...call(1), subject: by });
    if (verdict.kind === "held") await budgets.settle(verdict.ticket, costNanoUsd);
    return verdict.kind;
  };
  assert.equal(await spendAs(subject, 4 * usd), "held");
  assert.equal(await spendAs(elsewhere, 7 * usd), "held");
  assert.equal((await budgets.statusOf(subject))[0]?.spentNanoUsd, 11 * usd);
  assert.equal(await spendAs(subject, 1), "refused");
  assert.equal(await spendAs(elsewhere, 1), "held"); // that team has no seats
  assert.ok(events.every(({ bucket }) => bucket.limitNanoUsd === 10 * usd));
});

test("fail open: an unreadable store lets calls go, says so, and counts them when it is back", async () => {
  const { budgets, store } = setUp();
  await spend(budgets, 1 * usd);
  store.failWith = new Error("store away");
  const verdict = await budgets.hold(call(1));
  assert.ok(verdict.kind === "held");
  assert.equal(budgets.health().state, "degraded");
  await budgets.settle(verdict.ticket, 2 * usd);
  assert.equal(budgets.health().waitingSettlements, 1);
  store.failWith = null;
  await budgets.close(); // repeats what waits
  assert.equal((await budgets.statusOf(subject))[0]?.spentNanoUsd, 3 * usd);
  assert.equal(budgets.health().waitingSettlements, 0);
});

test("fail closed: an unreadable store refuses", async () => {
  const { budgets, store } = setUp({ onStoreFailure: "closed" });
  store.failWith = new Error("store away");
  assert.deepEqual(await budgets.hold(call(1)), { kind: "unreadable" });
  store.failWith = null;
  assert.equal((await budgets.hold(call(1))).kind, "held");
  await budgets.close(); // gives back what the store may have held for the refused call
  assert.equal(budgets.health().state, "ok");
});

test("a caller without a cap is not counted and not refused", async () => {
  const { budgets } = setUp({ caps: [] });
  const verdict = await budgets.hold(call(1e15));
  assert.ok(verdict.kind === "held");
  assert.deepEqual(verdict.states, []);
  await budgets.settle(verdict.ticket, 5);
  assert.deepEqual(budgets.stats(), { openHolds: 0, heldNanoUsd: 0 });
});

test("a call that cannot cost anything is served at a full budget", async () => {
  const { budgets } = setUp({}, 20 * usd);
  assert.equal((await budgets.hold(call(0))).kind, "held");
});

/** Lets announcements, which wait for the store, come through. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Budgets over a store whose ledger is read at last when `load` is called; `wrap` stands between them. */
function setUpSlow(wrap: (store: BudgetStore) => BudgetStore) {
  const { promise: loaded, resolve: load } = Promise.withResolvers<number>();
  const clock = createManualClock(noon);
  const store = createMemoryBudgetStore({ clock, loadSpent: () => loaded, announce: () => Promise.resolve(true) });
  const caps = [
    { scope: "user", id: null, dailyNanoUsd: 10 * usd, weeklyNanoUsd: null, monthlyNanoUsd: null },
  ] as const;
  const thresholds = { warning: 0.75, critical: 0.95 };
  const budgets = createBudgets({
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
