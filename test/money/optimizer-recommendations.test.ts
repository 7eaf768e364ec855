/** What failed calls cost and caps leave unused, and when nothing is recommended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dayMs, hourMs } from "../../src/core/time/durations.ts";
import type { BudgetCap } from "../../src/core/money-settings.ts";
import { readBudgetUses } from "../../src/optimization/recommendations/budget-use.ts";
import { recommendFailedCalls } from "../../src/optimization/recommendations/failed-calls.ts";
import { recommend } from "../../src/optimization/recommendations/recommend.ts";
import { recommendUnusedHeadroom } from "../../src/optimization/recommendations/unused-headroom.ts";
import {
  assertReproduced,
  call,
  chat,
  inputsOf,
  opus,
  ordinaryCalls,
  replay,
  startMs,
  withLedger,
} from "./recommendation-ledger.ts";

test("failed calls: the figure is what they cost, without those that the client broke off", async () => {
  const records = ordinaryCalls(100);
  for (let index = 0; index < 60; index++) {
    const outcome = (["error", "cut", "aborted"] as const)[index % 3]!;
    records.push(
      call(startMs + index * hourMs, chat, { uncachedInput: 9_000 }, { outcome, errorCode: "provider_failed" }),
    );
  }
  await withLedger(records, async (ledger) => {
    const inputs = await inputsOf(ledger);
    const found = recommendFailedCalls(inputs);
    const saved = await replay(ledger, (record) =>
      record.outcome === "error" || record.outcome === "cut" ? null : record,
    );
    assertReproduced(found, saved, inputs);
    assert.equal(found?.basedOnCalls, 40);
    assert.match(
      found?.description ?? "",
      /40 of them at deepseek\/deepseek-chat, for \$\d\.\d\d, mostly as provider_failed/,
    );
  });
});

test("unused headroom: a cap never used by half is named with what it frees; a saving is not claimed", async () => {
  const clock = Date.UTC(2026, 10, 22, 12);
  const records = Array.from({ length: 210 }, (_, index) =>
    call(startMs + Math.floor(index / 10) * dayMs + hourMs, opus, { uncachedInput: 20_000 }),
  );
  const caps: BudgetCap[] = [
    { scope: "user", id: "ada", dailyNanoUsd: 10e9, weeklyNanoUsd: null, monthlyNanoUsd: null },
    { scope: "all", id: null, dailyNanoUsd: 1.2e9, weeklyNanoUsd: null, monthlyNanoUsd: null },
  ];
  await withLedger(records, async (ledger) => {
    const budgetUses = await readBudgetUses(ledger, caps, clock);
    // ten calls a day of 20,000 tokens at 5 USD a million and 300 at 25: 1.075 USD a day
    assert.deepEqual([...new Set(budgetUses[0]?.spentNanoUsd)], [1_075_000_000]);
    assert.deepEqual([budgetUses[0]?.spentNanoUsd.length, budgetUses[0]?.calls], [21, 210]);
    const found = recommendUnusedHeadroom({ ...(await inputsOf(ledger)), periodMs: 20 * dayMs, budgetUses });
    assert.equal(found?.title, "Lower the daily budget of user ada to $1.61");
    assert.equal(found?.savingPerMonthUsd, 0);
    // (10 − 1.5 × 1.075) × 30
    assert.match(found?.description ?? "", /frees 251\.63 USD a month/);
  });
});

test("a cap over calls that cost nothing is not to be lowered to nothing", async () => {
  await withLedger(ordinaryCalls(100), async (ledger) => {
    const free = { name: "the daily budget of user ada", period: "daily", limitNanoUsd: 5e9, calls: 300 } as const;
    const inputs = await inputsOf(ledger, { budgetUses: [{ ...free, spentNanoUsd: Array<number>(20).fill(0) }] });
    assert.equal(recommendUnusedHeadroom(inputs), null);
  });
});

test("nothing is recommended on fewer than a hundred calls, or less than three days", async () => {
  const failing = { outcome: "error", errorCode: "provider_failed" } as const;
  const few = Array.from({ length: 99 }, (_, index) =>
    call(startMs + index * hourMs, opus, { uncachedInput: 1e5 }, failing),
  );
  await withLedger(few, async (ledger) => {
    const inputs = await inputsOf(ledger);
    assert.deepEqual(recommend(inputs), []);
    const more = { ...inputs, calls: [...inputs.calls, ...inputs.calls] };
    assert.deepEqual(
      recommend(more).map(({ kind }) => kind),
      ["failed-calls"],
    );
    assert.deepEqual(recommend({ ...more, periodMs: 2 * dayMs }), []);
  });
});

test("recommendations come with the largest saving first", async () => {
  const records = ordinaryCalls(100);
  for (let index = 0; index < 80; index++) {
    records.push(call(startMs + index * hourMs, chat, { uncachedInput: 90_000 }, { isStreaming: false }));
    records.push(call(startMs + index * hourMs, opus, { uncachedInput: 90_000 }, { outcome: "cut" }));
  }
  await withLedger(records, async (ledger) => {
    const found = recommend(await inputsOf(ledger));
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["failed-calls", "peak-hours"],
    );
    assert.ok(found[0]!.savingPerMonthUsd > found[1]!.savingPerMonthUsd);
  });
});
