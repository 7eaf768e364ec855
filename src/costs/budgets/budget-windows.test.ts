/** Calls at the edges of windows: the calendar's odd days, in a time zone where two days of the year have 23 and 25 hours. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { dayMs } from "../../core/time/durations.ts";
import { silentLogger } from "../../core/log/logging.ts";
import { createExpectedCosts } from "../expected-cost.ts";
import { Budgets } from "./budgets.ts";
import type { BudgetVerdict } from "./budget-verdict.ts";
import { MemoryBudgetStore } from "./store/memory.ts";

const usd = 1_000_000_000;
const { TZ } = process.env;

before(() => void (process.env.TZ = "Europe/Berlin"));
after(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

/** Ten dollars a day, thirty a month. */
function createUserBudgets(atMs: number): Budgets {
  const clock = createManualClock(atMs);
  const cap = {
    scope: "user",
    id: null,
    dailyNanoUsd: 10 * usd,
    weeklyNanoUsd: null,
    monthlyNanoUsd: 30 * usd,
  } as const;
  return new Budgets({
    settings: {
      enforcement: true,
      mode: "strict",
      onStoreFailure: "open",
      caps: [cap],
      thresholds: { warning: 0.75, critical: 0.95 },
    },
    store: new MemoryBudgetStore({
      clock,
      loadSpent: () => Promise.resolve(0),
      announce: () => Promise.resolve(false),
    }),
    expectedCosts: createExpectedCosts(),
    seatCaps: () => [],
    clock,
    logger: silentLogger,
  });
}

for (const day of ["2028-02-28", "2028-02-29", "2027-12-31", "2026-03-28", "2026-03-29", "2026-10-25"]) {
  test(`a call belongs to the windows that it began in, whenever it ends: ${day}`, async () => {
    const endMs = Date.parse(day) + dayMs;
    const budgets = createUserBudgets(endMs - dayMs);
    const subject = { user: "ada", team: null, tier: "standard", keyId: "k", askedModel: "m" };
    let calls = 0;
    const hold = async (atMs: number, dollars: number): Promise<BudgetVerdict> => {
      const range = { leastNanoUsd: 0, mostNanoUsd: dollars * usd };
      return budgets.hold({ callId: `call-${calls++}`, subject, atMs, range });
    };
    const begun = await hold(endMs - 1, 5);
    assert.ok(begun.kind === "held" && (await hold(endMs, 10)).kind === "held");
    await budgets.settle(begun.ticket, 8 * usd);
    const late = await hold(endMs - 1, 3);
    const full = await hold(endMs + dayMs - 1, 1);
    assert.ok(late.kind === "refused" && full.kind === "refused");
    for (const { refusal } of [late, full]) assert.match(refusal.message, / and this call is \$1\.00 too much\. /);
    assert.deepEqual(
      [late, full].map(({ refusal }) => refusal.bucket.endMs),
      [endMs, endMs + dayMs],
    );
    assert.equal((await hold(endMs + dayMs, 10)).kind, "held");
  });
}
