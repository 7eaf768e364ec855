/** What a refusal says of caps, money that is held and the reset, and of what it tells. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, settled, setUp, spend, usd } from "./test-budgets.ts";

test("a refusal names the cap, the missing amount and the reset", async () => {
  const { budgets } = setUp();
  await spend(budgets, 9.5 * usd);
  const verdict = await budgets.hold(call(2 * usd));
  assert.ok(verdict.kind === "refused");
  const { refusal } = verdict;
  assert.equal(refusal.bucket.endMs, Date.UTC(2026, 10, 19));
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

test("a further target that is passed over for its cost is no refused call, and no breach", async () => {
  const { budgets, events } = setUp();
  let refusals = 0;
  budgets.onRefused(() => refusals++);
  assert.equal((await budgets.hold(call(1 * usd))).kind, "held");
  assert.equal((await budgets.hold({ ...call(12 * usd), earlierNanoUsd: 1 * usd })).kind, "refused");
  await settled();
  assert.deepEqual([refusals, events.length], [0, 0]);
});
