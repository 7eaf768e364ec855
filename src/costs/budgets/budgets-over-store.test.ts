/** What budgets ask of the store behind them, and how long they wait for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { LogFields } from "../../core/log/log-fields.ts";
import { createExpectedCosts, defaultExpectedNanoUsd } from "../expected-cost.ts";
import type { BudgetEvent } from "./announcing/budget-events.ts";
import type { BudgetStore, HoldResult } from "./store/budget-store.ts";
import { Budgets } from "./budgets.ts";
import type { BudgetCall } from "./budget-verdict.ts";
import type { BudgetsParts, BudgetsSettings } from "./budgets.ts";
import type { BudgetBucket, SeatCap } from "./caps/caps.ts";
import { atMs } from "./store/test-bucket.ts";

const usd = 1_000_000_000;
const subject = { user: "ada", team: null, tier: "gold", keyId: "k1", askedModel: "claude-opus-5" };
const capOfAda = { scope: "user", id: "ada", dailyNanoUsd: usd, weeklyNanoUsd: null, monthlyNanoUsd: null } as const;
const seatOfAll: SeatCap = { scope: "all", id: "", period: "daily", limitNanoUsd: usd };

interface Asked {
  readonly kind: keyof BudgetStore;
  readonly [detail: string]: unknown;
}

/** A store that writes down what it is asked. `holding` answers holds; left out: all that is asked fits. */
function setUp(
  settings: Partial<BudgetsSettings> = {},
  { holding, ...parts }: Partial<BudgetsParts> & { readonly holding?: () => Promise<HoldResult> } = {},
) {
  const asked: Asked[] = [];
  const errors: LogFields[] = [];
  const store: BudgetStore = {
    hold(request) {
      asked.push({ kind: "hold", ...request });
      const states = request.buckets.map((bucket) => ({ bucket, spentNanoUsd: 1, heldNanoUsd: 2 }));
      return holding?.() ?? Promise.resolve({ kind: "held", states });
    },
    settle(request) {
      asked.push({ kind: "settle", ...request });
      const states = request.buckets.map((bucket) => ({ bucket, spentNanoUsd: 0.8 * usd, heldNanoUsd: 0 }));
      return Promise.resolve({ kind: "settled", states });
    },
    announce(bucket, what) {
      asked.push({ kind: "announce", bucket, what });
      return Promise.resolve(true);
    },
    read: (buckets) => Promise.resolve(buckets.map((bucket) => ({ bucket, spentNanoUsd: 0, heldNanoUsd: 0 }))),
    compare() {
      asked.push({ kind: "compare" });
    },
    stats: () => ({ openHolds: 0, heldNanoUsd: 0 }),
    close() {
      asked.push({ kind: "close" });
      return Promise.resolve();
    },
  };
  const clock = createManualClock(atMs);
  const budgets = new Budgets({
    settings: {
      enforcement: true,
      mode: "strict",
      onStoreFailure: "open",
      caps: [capOfAda],
      thresholds: { warning: 0.75, critical: 0.95 },
      ...settings,
    },
    store,
    expectedCosts: createExpectedCosts(),
    seatCaps: () => [],
    clock,
    logger: { ...silentLogger, error: (fields: LogFields) => errors.push(fields) },
    ...parts,
  });
  return { budgets, asked, errors, clock };
}

function call(changes: Partial<BudgetCall> = {}): BudgetCall {
  return { callId: "c1", subject, atMs, range: { leastNanoUsd: 0, mostNanoUsd: 5 * usd }, ...changes };
}

const away = (): Promise<never> => Promise.reject(new Error("store away"));
const never = (): Promise<never> => new Promise(() => {});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a call is held and settled under its id, in its window, with the moment of its record", async () => {
  const { budgets, asked, clock } = setUp();
  const verdict = await budgets.hold(call({ atMs: atMs - 1 }));
  assert.ok(verdict.kind === "held");
  assert.deepEqual(
    verdict.states.map(({ spentNanoUsd, heldNanoUsd }) => [spentNanoUsd, heldNanoUsd]),
    [[1, 2]],
  );
  clock.advanceMs(50);
  await budgets.settle(verdict.ticket, 7);
  const buckets = verdict.ticket.buckets;
  const recordedAtMs = clock.monotonicMs();
  assert.deepEqual(asked.slice(0, 2), [
    { kind: "hold", callId: "c1", buckets, amountNanoUsd: 5 * usd, isEnforced: true },
    { kind: "settle", callId: "c1", buckets, costNanoUsd: 7, hadHold: true, startedAtMs: atMs - 1, recordedAtMs },
  ]);
});

test("where no cap holds the store is not asked, though what calls cost is learned", async () => {
  const expectedCosts = createExpectedCosts();
  const { budgets, asked } = setUp({ caps: [], mode: "expected" }, { expectedCosts });
  assert.equal(budgets.isUncapped(), true);
  for (const cost of [0, 3]) {
    for (let time = 0; time < 20; time++) {
      const verdict = await budgets.hold(call());
      assert.ok(verdict.kind === "held");
      await budgets.settle(verdict.ticket, cost);
    }
    const expected = expectedCosts.expect("ada", "claude-opus-5", { leastNanoUsd: 0, mostNanoUsd: 5 * usd });
    assert.equal(expected, cost === 0 ? defaultExpectedNanoUsd : 1_000);
  }
  assert.deepEqual(asked, []);
});

test("caps of the admin API are caps, and settings that are reloaded hold from then on", async () => {
  const seats = setUp({ caps: [] }, { seatCaps: () => [seatOfAll] });
  assert.equal(seats.budgets.isUncapped(), false);
  await seats.budgets.hold(call());
  assert.equal(seats.asked.length, 1);
  const { budgets, asked } = setUp();
  budgets.configure({ ...budgets.settings(), enforcement: false, caps: [{ ...capOfAda, dailyNanoUsd: 9 }] });
  await budgets.hold(call());
  assert.equal(asked[0]?.kind, "compare");
  const buckets = asked[1]?.["buckets"] as readonly BudgetBucket[];
  assert.deepEqual([asked[1]?.["isEnforced"], buckets.map(({ limitNanoUsd }) => limitNanoUsd)], [false, [9]]);
  budgets.configure({ ...budgets.settings(), caps: [] });
  assert.equal(budgets.isUncapped(), true);
});

test("a store that is away is told once, until it is back", async () => {
  let isAway = true;
  const { budgets, asked, errors } = setUp({}, { holding: () => (isAway ? away() : (undefined as never)) });
  for (let time = 0; time < 3; time++) {
    const verdict = await budgets.hold(call());
    assert.ok(verdict.kind === "held");
    assert.deepEqual([verdict.ticket.hadHold, verdict.states], [false, []]);
  }
  assert.deepEqual(errors, [{ error: "Error: store away", policy: "open" }]);
  const lastError = "Error: store away";
  assert.deepEqual(budgets.health(), { state: "degraded", onStoreFailure: "open", waitingSettlements: 0, lastError });
  assert.deepEqual([...new Set(asked.map(({ kind }) => kind))], ["hold"]);
  isAway = false;
  await budgets.hold(call());
  assert.deepEqual([budgets.health().state, budgets.health().lastError], ["ok", null]);
  isAway = true;
  const verdict = await budgets.hold(call());
  assert.ok(verdict.kind === "held");
  assert.equal(errors.length, 2);
  await budgets.settle(verdict.ticket, 1);
  assert.equal(budgets.health().state, "ok");
});

test("a call that is refused since the store cannot be read gives back what the store may have held", async () => {
  const { budgets, asked } = setUp({ onStoreFailure: "closed" }, { holding: away });
  assert.deepEqual(await budgets.hold(call()), { kind: "unreadable" });
  const { kind, callId, costNanoUsd, hadHold } = asked[1]!;
  assert.deepEqual([kind, callId, costNanoUsd, hadHold], ["settle", "c1", 0, true]);
});

test("a further target whose hold the store did not answer leaves nothing to settle but what the store may have held", async () => {
  const { budgets, asked } = setUp({}, { holding: away });
  const verdict = await budgets.hold(call({ callId: "c1+1", earlierNanoUsd: 0 }));
  assert.ok(verdict.kind === "held");
  assert.deepEqual(verdict.ticket.buckets, []);
  const { kind, callId, costNanoUsd, hadHold } = asked[1]!;
  assert.deepEqual([kind, callId, costNanoUsd, hadHold], ["settle", "c1+1", 0, true]);
});

test("a call waits for a shared store as long as its patience, a second where it would be refused, five seconds for its own", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const [isShared, onStoreFailure, waitMs] of [
    [true, "open", 150],
    [true, "closed", 1_000],
    [false, "open", 5_000],
  ] as const) {
    const { budgets } = setUp({ onStoreFailure }, { isShared, holding: never });
    let isOver = false;
    const pending = Promise.resolve(budgets.hold(call({ patienceMs: 150 }))).then((verdict) => {
      isOver = true;
      return verdict;
    });
    t.mock.timers.tick(waitMs - 1);
    await turn();
    assert.equal(isOver, false);
    t.mock.timers.tick(1);
    const verdict = await pending;
    if (onStoreFailure === "closed") assert.equal(verdict.kind, "unreadable");
    else assert.equal(budgets.health().lastError, `Error: the budget store took longer than ${waitMs} ms`);
  }
});

test("a hold that comes too late is given back whole", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { promise, resolve } = Promise.withResolvers<HoldResult>();
  const { budgets, asked } = setUp({}, { holding: () => promise });
  const pending = budgets.hold(call());
  t.mock.timers.tick(5_000);
  await pending;
  assert.equal(asked.length, 1);
  resolve({ kind: "held", states: [] });
  await turn();
  const { kind, callId, costNanoUsd, hadHold } = asked[1]!;
  assert.deepEqual([kind, callId, costNanoUsd, hadHold], ["settle", "c1", 0, true]);
});

test("a refusal tells what was spent and held, at the time of the call", async () => {
  const { budgets } = setUp({}, { holding: () => Promise.resolve({ kind: "refused", states: [full] }) });
  const bucket = { scope: "user", id: "ada", period: "daily", limitNanoUsd: usd, startMs: 0, endMs: atMs } as const;
  const full = { bucket, spentNanoUsd: usd, heldNanoUsd: 3 };
  const events: BudgetEvent[] = [];
  budgets.subscribe((event) => events.push(event));
  assert.equal((await budgets.hold(call({ atMs: atMs - 5 }))).kind, "refused");
  await budgets.close();
  const facts = { bucket, spentNanoUsd: usd, heldNanoUsd: 3, atMs: atMs - 5 };
  assert.deepEqual(events, [{ kind: "budgetLimitExceeded", ...facts }]);
});

test("the store is closed when all is settled and told", async () => {
  const { budgets, asked } = setUp();
  const verdict = await budgets.hold(call());
  assert.ok(verdict.kind === "held");
  const settling = budgets.settle(verdict.ticket, usd);
  await settling;
  await budgets.close();
  assert.deepEqual(
    asked.map(({ kind }) => kind),
    ["hold", "settle", "announce", "close"],
  );
});
