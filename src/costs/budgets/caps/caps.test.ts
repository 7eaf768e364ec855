import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberScope } from "../../../core/member-scope.ts";
import { bucketsFor, limitsNow, uncapped } from "./caps.ts";
import type { BudgetCap } from "../../../core/money-settings.ts";
import type { SeatCap } from "./caps.ts";

const ada = { user: "ada", team: "compilers", tier: "gold", keyId: "k1", askedModel: "claude-opus-5" };
const atMs = Date.UTC(2026, 10, 18);

function cap(scope: MemberScope, id: string | null, daily: number | null, monthly: number | null = null): BudgetCap {
  return { scope, id, dailyNanoUsd: daily, weeklyNanoUsd: null, monthlyNanoUsd: monthly };
}

function limits(caps: readonly BudgetCap[], seatCaps: readonly SeatCap[] = [], subject = ada): string[] {
  return bucketsFor(subject, atMs, caps, seatCaps).map(
    (bucket) => `${bucket.scope} ${bucket.id} ${bucket.period} ${bucket.limitNanoUsd}`,
  );
}

test("every scope and period that has a cap gives a bucket", () => {
  assert.deepEqual(
    limits([
      cap("user", null, 10, 100),
      cap("team", null, 20),
      cap("tier", "gold", 30),
      cap("key", "k1", 40),
      cap("model", "claude-opus-5", 50),
      cap("all", null, 60),
    ]),
    [
      "user ada daily 10",
      "team compilers daily 20",
      "tier gold daily 30",
      "key k1 daily 40",
      "model claude-opus-5 daily 50",
      "all  daily 60",
      "user ada monthly 100",
    ],
  );
});

test("a cap with an id replaces the general one, for its period only", () => {
  assert.deepEqual(limits([cap("user", "ada", 99), cap("user", null, 10, 100)]), [
    "user ada daily 99",
    "user ada monthly 100",
  ]);
});

test("of several caps on the same, the lowest holds; the one on all together has no members to name", () => {
  for (const amounts of [
    [10, 20],
    [20, 10],
  ]) {
    assert.deepEqual(limits(amounts.map((amount) => cap("user", null, amount))), ["user ada daily 10"]);
    assert.deepEqual(limits(amounts.map((amount) => cap("all", "x", amount))), ["all  daily 10"]);
  }
  assert.deepEqual(limits([cap("user", null, 10), cap("user", "ada", 99)]), ["user ada daily 99"]);
});

test("caps of others do not apply, and no team means no team's cap", () => {
  assert.deepEqual(limits([cap("user", "bob", 1), cap("model", "gpt-5", 1)]), []);
  assert.deepEqual(bucketsFor({ ...ada, team: null }, atMs, [cap("team", null, 1)], []), []);
});

test("the nearest seat cap holds: the user's, else the team's default, else everybody's", () => {
  const all: SeatCap = { scope: "all", id: "", period: "daily", limitNanoUsd: 1 };
  const team: SeatCap = { scope: "team", id: "compilers", period: "daily", limitNanoUsd: 2 };
  const user: SeatCap = { scope: "user", id: "ada", period: "daily", limitNanoUsd: 3 };
  assert.deepEqual(limits([], [all]), ["user ada daily 1"]);
  assert.deepEqual(limits([], [all, team]), ["user ada daily 2"]);
  assert.deepEqual(limits([], [all, team, user]), ["user ada daily 3"]);
  const others: readonly SeatCap[] = [
    { ...user, id: "bob" },
    { ...user, period: "weekly" },
    { ...team, id: "ada" },
    { ...team, id: "" },
  ];
  assert.deepEqual(limits([], [...others, all]), ["user ada daily 1", "user ada weekly 3"]);
  assert.deepEqual(
    bucketsFor({ ...ada, team: null }, atMs, [], [{ ...team, id: "null" }, { ...team, id: "" }, all]).map(
      ({ limitNanoUsd }) => limitNanoUsd,
    ),
    [1],
  );
});

test("a seat cap takes the place of the user's own budget of its period, and of no other", () => {
  const seat: SeatCap = { scope: "all", id: "", period: "monthly", limitNanoUsd: 7 };
  assert.deepEqual(limits([cap("user", null, 10, 100), cap("team", null, 20, 200)], [seat]), [
    "user ada daily 10",
    "team compilers daily 20",
    "team compilers monthly 200",
    "user ada monthly 7",
  ]);
  assert.deepEqual(limits([cap("team", null, 20)], [{ ...seat, period: "daily" }]), [
    "team compilers daily 20",
    "user ada daily 7",
  ]);
});

test("a seat cap goes before the file's user cap, and a null one lifts it", () => {
  const seat: SeatCap = { scope: "user", id: "ada", period: "daily", limitNanoUsd: 7 };
  assert.deepEqual(limits([cap("user", null, 10)], [seat]), ["user ada daily 7"]);
  assert.deepEqual(limits([cap("user", null, 10)], [{ ...seat, limitNanoUsd: null }]), []);
});

test("what a bucket's cap allows now is what a call would find, unless a seat of its team may decide", () => {
  const now = (caps: readonly BudgetCap[], seats: readonly SeatCap[] = [], scope: MemberScope = "user"): unknown =>
    limitsNow(caps, seats)({ scope, id: scope === "all" ? "" : "ada", period: "daily", limitNanoUsd: 5 });
  const seat = (scope: SeatCap["scope"], id: string, limitNanoUsd: number | null): SeatCap => {
    return { scope, id, period: "daily", limitNanoUsd };
  };
  assert.equal(now([cap("user", null, 10)]), 10);
  assert.equal(now([cap("user", null, 10), cap("user", "ada", 20)]), 20);
  assert.equal(now([cap("user", null, 10), cap("user", "ada", uncapped)]), null);
  assert.equal(now([cap("all", null, 10)]), null);
  assert.equal(now([cap("all", null, 10)], [seat("all", "", 7)], "all"), 10);
  assert.equal(now([cap("user", null, 10)], [seat("all", "", 7)]), 7);
  assert.equal(now([cap("user", null, 10)], [seat("all", "", 7), seat("user", "ada", null)]), null);
  assert.equal(now([cap("user", null, 10)], [seat("team", "compilers", 8), seat("all", "", 7)]), 5);
  assert.equal(now([cap("user", null, 10)], [seat("team", "compilers", 8), seat("user", "ada", 9)]), 9);
  assert.equal(now([cap("user", null, 10)], [{ ...seat("team", "compilers", 8), period: "weekly" }]), 10);
});
