import assert from "node:assert/strict";
import { test } from "node:test";
import { withCapChanges } from "./cap-changes.ts";
import { bucketsFor } from "./caps.ts";
import type { BudgetCap } from "../../../core/money-settings.ts";

const usd = 1_000_000_000;
const subject = { user: "ada", team: "compilers", tier: "gold", keyId: "k1", askedModel: "m" };
const file: readonly BudgetCap[] = [
  { scope: "all", id: null, dailyNanoUsd: 10 * usd, weeklyNanoUsd: null, monthlyNanoUsd: 100 * usd },
  { scope: "team", id: "compilers", dailyNanoUsd: 5 * usd, weeklyNanoUsd: null, monthlyNanoUsd: null },
];

function limits(...changes: Parameters<typeof withCapChanges>[1]): string[] {
  return bucketsFor(subject, 0, withCapChanges(file, changes), []).map(
    ({ scope, period, limitNanoUsd }) => `${scope} ${period} ${limitNanoUsd / usd}`,
  );
}

test("a cap set at run time replaces the file's of its scope, member and period, upwards too, and no other", () => {
  assert.deepEqual(limits({ scope: "all", id: null, period: "daily", limitNanoUsd: 20 * usd }), [
    "team daily 5",
    "all daily 20",
    "all monthly 100",
  ]);
});

test("a cap of null lifts the file's", () => {
  const change = { scope: "team", id: "compilers", period: "daily", limitNanoUsd: null } as const;
  assert.deepEqual(limits(change), ["all daily 10", "all monthly 100"]);
});

test("a cap of null for one member lifts the one for each, for that member alone", () => {
  const each: readonly BudgetCap[] = [
    { scope: "user", id: null, dailyNanoUsd: usd, weeklyNanoUsd: 2 * usd, monthlyNanoUsd: null },
    { scope: "user", id: "ada", dailyNanoUsd: 5 * usd, weeklyNanoUsd: null, monthlyNanoUsd: null },
  ];
  const caps = withCapChanges(each, [{ scope: "user", id: "ada", period: "daily", limitNanoUsd: null }]);
  const periodsOf = (user: string): string[] =>
    bucketsFor({ ...subject, user }, 0, caps, []).map(({ period }) => period);
  assert.deepEqual([periodsOf("ada"), periodsOf("bob")], [["weekly"], ["daily", "weekly"]]);
});

test("a cap for one member is added where the file has none", () => {
  const change = { scope: "key", id: "k1", period: "weekly", limitNanoUsd: usd } as const;
  assert.deepEqual(limits(change), ["team daily 5", "all daily 10", "key weekly 1", "all monthly 100"]);
});

test("changes for others, in other periods and of other scopes leave the file's caps alone", () => {
  const every: readonly BudgetCap[] = [
    { scope: "user", id: "ada", dailyNanoUsd: usd, weeklyNanoUsd: 2 * usd, monthlyNanoUsd: 3 * usd },
  ];
  for (const [period, rest] of [
    ["daily", [9, 2, 3]],
    ["weekly", [1, 9, 3]],
    ["monthly", [1, 2, 9]],
  ] as const) {
    const change = { scope: "user", id: "ada", period, limitNanoUsd: 9 * usd } as const;
    const others = [
      { ...change, id: "bob" },
      { ...change, scope: "team" },
      { ...change, id: null, limitNanoUsd: null },
    ] as const;
    const amounts = (...changes: Parameters<typeof withCapChanges>[1]): number[] =>
      bucketsFor(subject, 0, withCapChanges(every, changes), []).map(({ limitNanoUsd }) => limitNanoUsd / usd);
    assert.deepEqual(amounts(...others), [1, 2, 3]);
    assert.deepEqual(amounts(...others, change), rest);
  }
});
