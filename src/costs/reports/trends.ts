/** Trends of spending: the daily average, the change week over week, and where the month will end. */
import { dayMs } from "../../core/time/durations.ts";
import { usdFromNanoUsd } from "../../core/money.ts";
import { windowAt } from "../budgets/caps/windows.ts";

/** Spending of one UTC day. Days without calls may be missing: they count as nothing. */
export interface DaySpending {
  readonly dayMs: number;
  readonly costNanoUsd: bigint;
}

export interface CostTrends {
  /** Over the full days from the first one with spending, at most 28; null before there is one. */
  readonly dailyAverageUsd: number | null;
  /** The last seven full days against the seven before. */
  readonly weekly: {
    readonly lastWeekUsd: number;
    readonly weekBeforeUsd: number;
    /** 0.25: a quarter more; null where there was nothing before. */
    readonly change: number | null;
  } | null;
  /** null with fewer than seven full days to go by. */
  readonly forecast: CostForecast | null;
}

export interface CostForecast {
  /** Of the whole calendar month (UTC): spent so far and expected for the rest. */
  readonly monthUsd: number;
  /** The month ends in this range four times out of five, if days go on to vary as they did. */
  readonly lowUsd: number;
  readonly highUsd: number;
  /** In words: how it was computed. */
  readonly method: string;
}

const longestBasisDays = 28;
const shortestBasisDays = 7;
/** Four fifths of a normal distribution lie within so many standard deviations. */
const deviationsOfFourFifths = 1.2816;

/** Trends at `nowMs` from the spending of the days before and of today. */
export function trendsOf(days: readonly DaySpending[], nowMs: number): CostTrends {
  const todayMs = Math.floor(nowMs / dayMs) * dayMs;
  const byDay = new Map(days.map((day) => [day.dayMs, usdFromNanoUsd(Number(day.costNanoUsd))]));
  const earlier = days.filter((day) => day.dayMs < todayMs && day.costNanoUsd > 0n).map((day) => day.dayMs);
  const firstMs = earlier.reduce((first, at) => Math.min(first, at), todayMs);
  const known = Math.min(longestBasisDays, Math.round((todayMs - firstMs) / dayMs));
  const full = Array.from({ length: known }, (_, index) => byDay.get(todayMs - (index + 1) * dayMs) ?? 0);
  return {
    dailyAverageUsd: full.length === 0 ? null : average(full),
    weekly: full.length < 7 ? null : weeklyOf(full),
    forecast: full.length < shortestBasisDays ? null : forecastOf(full, byDay, nowMs),
  };
}

/** `full`: days before today, latest first. */
function weeklyOf(full: readonly number[]): NonNullable<CostTrends["weekly"]> {
  const lastWeekUsd = sum(full.slice(0, 7));
  const weekBeforeUsd = sum(full.slice(7, 14));
  const change = full.length < 14 || weekBeforeUsd === 0 ? null : lastWeekUsd / weekBeforeUsd - 1;
  return { lastWeekUsd, weekBeforeUsd, change };
}

function forecastOf(full: readonly number[], byDay: ReadonlyMap<number, number>, nowMs: number): CostForecast {
  const { startMs, endMs } = windowAt("monthly", nowMs);
  let spentUsd = 0;
  for (const [day, usd] of byDay) if (day >= startMs && day < endMs) spentUsd += usd;
  const restDays = (endMs - nowMs) / dayMs;
  const mean = average(full);
  const deviation = Math.sqrt(sum(full.map((usd) => (usd - mean) ** 2)) / Math.max(1, full.length - 1));
  const spread = deviationsOfFourFifths * deviation * Math.sqrt(restDays);
  const monthUsd = spentUsd + mean * restDays;
  return {
    monthUsd,
    lowUsd: Math.max(spentUsd, monthUsd - spread),
    highUsd: monthUsd + spread,
    method:
      `spent so far, plus the average of the last ${full.length} full days for the ${restDays.toFixed(1)} days left; ` +
      "the range holds four times out of five if days go on to vary as they did",
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function average(values: readonly number[]): number {
  return sum(values) / values.length;
}
