/** What is held, refused and let go: modes, further targets, seats, and stores that fail. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeatCap } from "./caps/caps.ts";
import { call, settled, setUp, spend, subject, usd } from "./test-budgets.ts";

test("strict holds the worst case, expected what calls usually cost", async () => {
  const strict = await setUp().budgets.hold(call(11 * usd));
  assert.equal(strict.kind, "refused");
  const { budgets } = setUp({ mode: "expected" });
  const expected = await budgets.hold(call(11 * usd));
  assert.ok(expected.kind === "held");
  assert.equal(budgets.stats().heldNanoUsd, 0.1 * usd);
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
