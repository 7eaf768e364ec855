import assert from "node:assert/strict";
import { test } from "node:test";
import { dayMs } from "../../core/time/durations.ts";
import { trendsOf } from "./trends.ts";
import type { DaySpending } from "./trends.ts";

const day = dayMs;
const noon = Date.UTC(2026, 10, 22, 12);
const today = Date.UTC(2026, 10, 22);

/** `usd[0]` is yesterday. */
function daysBack(usd: readonly number[], todayUsd = 0): DaySpending[] {
  return [todayUsd, ...usd].map((amount, index) => ({
    dayMs: today - index * day,
    costNanoUsd: BigInt(Math.round(amount * 1e9)),
  }));
}

test("the daily average counts full days, those without calls among them, and not today", () => {
  assert.equal(trendsOf(daysBack([10, 0, 20], 99), noon).dailyAverageUsd, 10);
  assert.equal(trendsOf([], noon).dailyAverageUsd, null);
});

test("the week is compared with the week before", () => {
  const { weekly } = trendsOf(daysBack([...Array<number>(7).fill(15), ...Array<number>(7).fill(10)]), noon);
  assert.deepEqual(weekly, { lastWeekUsd: 105, weekBeforeUsd: 70, change: 0.5 });
  assert.equal(trendsOf(daysBack(Array<number>(8).fill(1)), noon).weekly?.change, null);
});

test("steady days give a forecast without a spread: spent so far and the average for the rest", () => {
  const { forecast } = trendsOf(daysBack(Array<number>(28).fill(10), 5), noon);
  // 21 days of 10 in November, 5 today, 8.5 days left
  assert.equal(forecast?.monthUsd, 210 + 5 + 85);
  assert.deepEqual([forecast?.lowUsd, forecast?.highUsd], [300, 300]);
  assert.match(forecast?.method ?? "", /average of the last 28 full days for the 8\.5 days left/);
});

test("days that vary widen the range, which never falls below what is spent", () => {
  const { forecast } = trendsOf(daysBack([0, 100, 0, 100, 0, 100, 0, 100, 0, 100]), noon);
  assert.ok(forecast !== null && forecast.lowUsd < forecast.monthUsd && forecast.highUsd > forecast.monthUsd);
  assert.ok(forecast.lowUsd >= 500);
});

test("too few days give no forecast", () => {
  assert.equal(trendsOf(daysBack([1, 1, 1, 1, 1, 1]), noon).forecast, null);
});
